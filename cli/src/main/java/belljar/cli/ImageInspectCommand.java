package belljar.cli;

import belljar.image.Images;
import belljar.json.Json;
import belljar.json.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar image inspect}. */
final class ImageInspectCommand implements Command {
    @Override
    public String name() {
        return "image inspect";
    }

    @Override
    public String usage() {
        return "IMAGE [IMAGE...]";
    }

    @Override
    public String summary() {
        return "describe images in JSON, as Docker does";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "an image");
        Images images = session.images();
        List<Json> described = new ArrayList<>();
        for (String text : arguments.operands()) {
            described.add(images.inspect(text));
        }
        session.out().print(JsonWriter.writeIndented(new Json.Arr(described)) + "\n");
        return 0;
    }
}
