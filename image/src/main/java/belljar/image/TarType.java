package belljar.image;

/** What a {@link TarEntry} is. */
public enum TarType {
    /** A regular file, with content. */
    FILE('0'),
    /** Another name of an earlier entry. */
    HARD_LINK('1'),
    /** A symbolic link. */
    SYMLINK('2'),
    /** A character device. */
    CHAR_DEVICE('3'),
    /** A block device. */
    BLOCK_DEVICE('4'),
    /** A directory. */
    DIRECTORY('5'),
    /** A FIFO. */
    FIFO('6');

    private final char flag;

    TarType(char flag) {
        this.flag = flag;
    }

    /** {@return the header's type flag} */
    char flag() {
        return flag;
    }
}
