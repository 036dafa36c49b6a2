package belljar.cli;

import belljar.image.Images;
import java.util.List;

/** {@code belljar tag}. */
final class TagCommand implements Command {
    @Override
    public String name() {
        return "tag";
    }

    @Override
    public String usage() {
        return "IMAGE NAME [NAME...]";
    }

    @Override
    public String summary() {
        return "give an image more names";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(2, Integer.MAX_VALUE, "an image and a name");
        Images images = session.images();
        List<String> operands = arguments.operands();
        for (String name : operands.subList(1, operands.size())) {
            images.tag(operands.get(0), name);
        }
        return 0;
    }
}
