package belljar.engine;

import belljar.network.NameService;
import belljar.network.Networks;
import java.nio.file.Path;
import java.util.List;

/** Answers containers' questions for each other's names. */
public final class NamesDuty implements Helper.Duty {
    private final Networks networks;
    private final NameService service;

    /**
     * Creates the duty.
     *
     * @param networks the networks whose names are answered
     */
    public NamesDuty(Networks networks) {
        this.networks = networks;
        this.service = new NameService(networks);
    }

    @Override
    public boolean needed() {
        return service.needed();
    }

    @Override
    public List<String> run() {
        return service.refresh();
    }

    @Override
    public List<Path> watched() {
        return List.of(networks.directory());
    }

    @Override
    public void close() {
        service.close();
    }
}
