package belljar.translator;

/** What becomes of exceptions whose delivery meets another one (SDM volume 3, table 6-5). */
final class SecondFault {
    private SecondFault() {}

    /**
     * Delivers an exception.
     *
     * @return false when the processor shuts down
     */
    static boolean deliverFirst(Cpu cpu, Fault fault) {
        int vector = fault.vector;
        try {
            Interrupts.deliver(cpu, vector, fault.code, Interrupts.Cause.FAULT);
            return true;
        } catch (Fault second) {
            return deliver(cpu, vector, second);
        }
    }

    /**
     * Delivers what follows from an exception that was met while another was delivered.
     *
     * @param first the vector of the other one
     * @return false when the processor shuts down
     */
    static boolean deliver(Cpu cpu, int first, Fault met) {
        int vector = first;
        Fault second = met;
        while (vector != Fault.DOUBLE) {
            boolean doubles = isContributory(second.vector) && (isContributory(vector) || vector == Fault.PAGE)
                    || second.vector == Fault.PAGE && vector == Fault.PAGE;
            vector = doubles ? Fault.DOUBLE : second.vector;
            try {
                Interrupts.deliver(cpu, vector, doubles ? 0 : second.code, Interrupts.Cause.FAULT);
                return true;
            } catch (Fault next) {
                second = next;
            }
        }
        return false;
    }

    private static boolean isContributory(int vector) {
        return vector == Fault.DIVIDE || vector >= Fault.TSS && vector <= Fault.PROTECTION;
    }
}
