package belljar.engine;

import belljar.image.TarEntry;

/** Takes a tree entry by entry, a directory before what is in it. Owners are those inside a container. */
interface TreeSink {
    /**
     * Takes one entry.
     *
     * @param entry what it is; its name is a relative path
     * @param content a file's bytes, exactly as many as the entry says; to be read before this returns
     */
    void put(TarEntry entry, Content content);

    /** The bytes of one file. */
    interface Content {
        /** What is no file has none. */
        Content NONE = (into, start, length) -> 0;

        /**
         * {@return how many bytes were read; 0 at the end}
         *
         * @param into where to
         * @param start index of the first
         * @param length how many at most, more than 0
         */
        int read(byte[] into, int start, int length);
    }
}
