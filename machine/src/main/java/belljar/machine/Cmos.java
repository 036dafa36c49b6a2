package belljar.machine;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;

/**
 * A PC's clock with battery-backed memory (Motorola MC146818A datasheet), as far as it tells and is told the time:
 * ports 0x70 and 0x71. The time is UTC; the century is in register 0x32. It has no interrupt, so the bits that enable
 * alarms and ticks read as 0. What the guest sets holds for this machine only.
 *
 * <p>Safe for use by several threads.
 */
public final class Cmos implements BytePorts, Stateful {
    private static final int SECONDS = 0x00;
    private static final int MINUTES = 0x02;
    private static final int HOURS = 0x04;
    private static final int WEEKDAY = 0x06;
    private static final int DAY = 0x07;
    private static final int MONTH = 0x08;
    private static final int YEAR = 0x09;
    private static final int STATUS_A = 0x0A;
    private static final int STATUS_B = 0x0B;
    private static final int STATUS_C = 0x0C;
    private static final int STATUS_D = 0x0D;
    private static final int CENTURY = 0x32;

    private static final int UPDATE_IN_PROGRESS = 1 << 7;
    private static final int DIVIDER = 0x26;
    private static final int SET = 1 << 7;
    private static final int BINARY = 1 << 2;
    private static final int HOURS_24 = 1 << 1;
    private static final int DAYLIGHT_SAVING = 1;
    private static final int VALID = 1 << 7;
    private static final int AFTERNOON = 1 << 7;

    /** Datasheet, "Update cycle": the bit is set this long before the time changes, in nanoseconds. */
    private static final int WARNING = 244_000;

    /** The last year that can be told; a time beyond it cannot be set. */
    private static final int LAST_YEAR = 25_599;

    /** Seconds in the years that can be told, about. */
    private static final long MOST_SECONDS = 24_000L * 366 * 86_400;

    private final java.time.Clock time;
    private final byte[] memory = new byte[128];
    private int index;
    private int statusA = DIVIDER;
    private int statusB = HOURS_24;
    private Duration offset = Duration.ZERO;
    private Fields frozen = new Fields();

    /** The time as registers, while the guest sets it. */
    private static final class Fields {
        private int second;
        private int minute;
        private int hour;
        private int day = 1;
        private int month = 1;
        private int year = 1970;

        private Fields() {}

        private Fields(LocalDateTime time) {
            second = time.getSecond();
            minute = time.getMinute();
            hour = time.getHour();
            day = time.getDayOfMonth();
            month = time.getMonthValue();
            year = time.getYear();
        }

        private void transfer(StateStream state) {
            second = state.number(second, 0, 0xFF);
            minute = state.number(minute, 0, 0xFF);
            hour = state.number(hour, 0, 0xFF + 12);
            day = state.number(day, 0, 0xFF);
            month = state.number(month, 0, 0xFF);
            year = state.number(year, 0, LAST_YEAR + 0xFF);
        }

        /** The time they mean; what is out of range goes over into the next unit. */
        private LocalDateTime time() {
            return LocalDateTime.of(year, 1, 1, 0, 0)
                    .plusMonths(month - 1L)
                    .plusDays(day - 1L)
                    .plusHours(hour)
                    .plusMinutes(minute)
                    .plusSeconds(second);
        }
    }

    /**
     * Makes a clock that tells the time in BCD, in 24 hours.
     *
     * @param time where it has the time from
     */
    public Cmos(java.time.Clock time) {
        this.time = time;
    }

    /** Saves or loads its memory, and by how much the guest's time differs from the source's. */
    @Override
    public synchronized void transfer(StateStream state) {
        state.section("CMOS clock");
        index = state.number(index, 0, memory.length - 1);
        statusA = state.number(statusA, 0, 0xFF);
        statusB = state.number(statusB, 0, 0xFF);
        // Seconds; it is set in whole ones but for the fraction at which that was done.
        long seconds = state.number(offset.getSeconds(), -MOST_SECONDS, MOST_SECONDS);
        offset = Duration.ofSeconds(seconds, state.number(offset.getNano(), 0, 999_999_999));
        frozen.transfer(state);
        state.bytes(memory);
    }

    private LocalDateTime now() {
        return LocalDateTime.ofInstant(time.instant(), ZoneOffset.UTC).plus(offset);
    }

    private boolean isStopped() {
        return (statusB & SET) != 0;
    }

    @Override
    public synchronized int in(int offset) {
        return offset == 1 ? register() : 0xFF;
    }

    @Override
    public synchronized void out(int offset, int value) {
        if (offset == 0) {
            index = value & 0x7F;
        } else if (offset == 1) {
            setRegister(value);
        }
    }

    private int register() {
        return switch (index) {
            case STATUS_A -> {
                boolean soon = now().get(ChronoField.NANO_OF_SECOND) >= 1_000_000_000 - WARNING;
                yield statusA | (soon && !isStopped() ? UPDATE_IN_PROGRESS : 0);
            }
            case STATUS_B -> statusB;
            case STATUS_C -> 0;
            case STATUS_D -> VALID;
            case SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY -> field();
            default -> memory[index] & 0xFF;
        };
    }

    private int field() {
        Fields fields = isStopped() ? frozen : new Fields(now());
        return switch (index) {
            case SECONDS -> encode(fields.second);
            case MINUTES -> encode(fields.minute);
            case HOURS -> encodeHour(fields.hour);
            case WEEKDAY -> encode(fields.time().getDayOfWeek().getValue() % 7 + 1);
            case DAY -> encode(fields.day);
            case MONTH -> encode(fields.month);
            case YEAR -> encode(fields.year % 100);
            default -> encode(fields.year / 100);
        };
    }

    private int encode(int value) {
        return ((statusB & BINARY) != 0 ? value : value / 10 << 4 | value % 10) & 0xFF;
    }

    private int decode(int value) {
        return (statusB & BINARY) != 0 ? value : (value >> 4) * 10 + (value & 0xF);
    }

    private int encodeHour(int hour) {
        if ((statusB & HOURS_24) != 0) {
            return encode(hour);
        }
        return encode((hour + 11) % 12 + 1) | (hour >= 12 ? AFTERNOON : 0);
    }

    private int decodeHour(int value) {
        if ((statusB & HOURS_24) != 0) {
            return decode(value);
        }
        return decode(value & ~AFTERNOON) % 12 + ((value & AFTERNOON) != 0 ? 12 : 0);
    }

    private void setRegister(int value) {
        switch (index) {
            case STATUS_A -> statusA = value & ~UPDATE_IN_PROGRESS;
            case STATUS_B -> setStatusB(value & (SET | BINARY | HOURS_24 | DAYLIGHT_SAVING));
            case STATUS_C, STATUS_D -> {
                // For reading only.
            }
            case SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY -> setField(value);
            default -> memory[index] = (byte) value;
        }
    }

    private void setStatusB(int value) {
        boolean stops = (value & SET) != 0;
        if (stops && !isStopped()) {
            frozen = new Fields(now());
        } else if (!stops && isStopped()) {
            setTime(frozen);
        }
        statusB = value;
    }

    private void setTime(Fields fields) {
        LocalDateTime asked = fields.time();
        if (asked.getYear() <= LAST_YEAR) {
            offset = offset.plus(Duration.between(now(), asked));
        }
    }

    private void setField(int value) {
        Fields fields = isStopped() ? frozen : new Fields(now());
        switch (index) {
            case SECONDS -> fields.second = decode(value);
            case MINUTES -> fields.minute = decode(value);
            case HOURS -> fields.hour = decodeHour(value);
            case DAY -> fields.day = decode(value);
            case MONTH -> fields.month = decode(value);
            case YEAR -> fields.year = fields.year / 100 * 100 + decode(value);
            case CENTURY -> fields.year = decode(value) * 100 + fields.year % 100;
            default -> {
                // The weekday follows from the date.
            }
        }
        if (!isStopped()) {
            setTime(fields);
        }
    }
}
