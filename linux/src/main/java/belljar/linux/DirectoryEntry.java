package belljar.linux;

/**
 * One name of a directory, as getdents64(2) lists it.
 *
 * @param name the name, in the text form of {@link FileName}; never {@code .} or {@code ..}
 * @param type the type as in {@link Stat} ({@link Stat#DIRECTORY} and so on); 0 when the file system does not say
 * @param inode the inode number
 */
public record DirectoryEntry(String name, int type, long inode) {}
