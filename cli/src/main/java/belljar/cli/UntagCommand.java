package belljar.cli;

import belljar.image.Images;
import java.util.List;

/** {@code belljar untag}. */
final class UntagCommand implements Command {
    @Override
    public String name() {
        return "untag";
    }

    @Override
    public String usage() {
        return "IMAGE [NAME...]";
    }

    @Override
    public String summary() {
        return "take names away from an image, all if none is given, and keep the image";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "an image");
        Images images = session.images();
        List<String> operands = arguments.operands();
        images.untag(operands.get(0), operands.subList(1, operands.size()));
        return 0;
    }
}
