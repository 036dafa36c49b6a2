package belljar.linux;

import belljar.failure.HostException;

/**
 * Error numbers of the kernel by name, as in errno(3) and {@code asm-generic/errno.h}, and the one place where a failed
 * call becomes a sentence.
 */
public final class Errno {
    /** Operation not permitted. */
    public static final int EPERM = 1;

    /** No such file or directory. */
    public static final int ENOENT = 2;

    /** Interrupted system call. */
    public static final int EINTR = 4;

    /** Input/output error. */
    public static final int EIO = 5;

    /** Bad file descriptor. */
    public static final int EBADF = 9;

    /** No child processes. */
    public static final int ECHILD = 10;

    /** Resource temporarily unavailable. */
    public static final int EAGAIN = 11;

    /** Cannot allocate memory. */
    public static final int ENOMEM = 12;

    /** Permission denied. */
    public static final int EACCES = 13;

    /** Device or resource busy. */
    public static final int EBUSY = 16;

    /** File exists. */
    public static final int EEXIST = 17;

    /** Invalid cross-device link. */
    public static final int EXDEV = 18;

    /** No such device. */
    public static final int ENODEV = 19;

    /** Not a directory. */
    public static final int ENOTDIR = 20;

    /** Is a directory. */
    public static final int EISDIR = 21;

    /** Invalid argument. */
    public static final int EINVAL = 22;

    /** Too many open files. */
    public static final int EMFILE = 24;

    /** Inappropriate ioctl for device. */
    public static final int ENOTTY = 25;

    /** Text file busy. */
    public static final int ETXTBSY = 26;

    /** File too large. */
    public static final int EFBIG = 27;

    /** No space left on device. */
    public static final int ENOSPC = 28;

    /** Read-only file system. */
    public static final int EROFS = 30;

    /** Broken pipe. */
    public static final int EPIPE = 32;

    /** Numerical result out of range. */
    public static final int ERANGE = 34;

    /** File name too long. */
    public static final int ENAMETOOLONG = 36;

    /** Function not implemented. */
    public static final int ENOSYS = 38;

    /** Directory not empty. */
    public static final int ENOTEMPTY = 39;

    /** Too many levels of symbolic links. */
    public static final int ELOOP = 40;

    /** No data available. */
    public static final int ENODATA = 61;

    /** Operation not supported. */
    public static final int EOPNOTSUPP = 95;

    /** Disk quota exceeded. */
    public static final int EDQUOT = 122;

    /** No such process. */
    public static final int ESRCH = 3;

    /** No such device or address. */
    public static final int ENXIO = 6;

    /** Exec format error. */
    public static final int ENOEXEC = 8;

    /** Connection refused. */
    public static final int ECONNREFUSED = 111;

    /** Address already in use. */
    public static final int EADDRINUSE = 98;

    /** Transport endpoint is not connected. */
    public static final int ENOTCONN = 107;

    /** Operation already in progress. */
    public static final int EALREADY = 114;

    /** Stale file handle. */
    public static final int ESTALE = 116;

    /** Argument list too long. */
    public static final int E2BIG = 7;

    /** Block device required. */
    public static final int ENOTBLK = 15;

    /** Cannot assign requested address. */
    public static final int EADDRNOTAVAIL = 99;

    /** Network is unreachable. */
    public static final int ENETUNREACH = 101;

    /** Connection timed out. */
    public static final int ETIMEDOUT = 110;

    /** Too many users. */
    public static final int EUSERS = 87;

    /** Name and text at the index of their number; null where Linux has no such number. */
    private static final String[] NAMES = (""
                    + ":|"
                    + "EPERM:Operation not permitted|"
                    + "ENOENT:No such file or directory|"
                    + "ESRCH:No such process|"
                    + "EINTR:Interrupted system call|"
                    + "EIO:Input/output error|"
                    + "ENXIO:No such device or address|"
                    + "E2BIG:Argument list too long|"
                    + "ENOEXEC:Exec format error|"
                    + "EBADF:Bad file descriptor|"
                    + "ECHILD:No child processes|"
                    + "EAGAIN:Resource temporarily unavailable|"
                    + "ENOMEM:Cannot allocate memory|"
                    + "EACCES:Permission denied|"
                    + "EFAULT:Bad address|"
                    + "ENOTBLK:Block device required|"
                    + "EBUSY:Device or resource busy|"
                    + "EEXIST:File exists|"
                    + "EXDEV:Invalid cross-device link|"
                    + "ENODEV:No such device|"
                    + "ENOTDIR:Not a directory|"
                    + "EISDIR:Is a directory|"
                    + "EINVAL:Invalid argument|"
                    + "ENFILE:Too many open files in system|"
                    + "EMFILE:Too many open files|"
                    + "ENOTTY:Inappropriate ioctl for device|"
                    + "ETXTBSY:Text file busy|"
                    + "EFBIG:File too large|"
                    + "ENOSPC:No space left on device|"
                    + "ESPIPE:Illegal seek|"
                    + "EROFS:Read-only file system|"
                    + "EMLINK:Too many links|"
                    + "EPIPE:Broken pipe|"
                    + "EDOM:Numerical argument out of domain|"
                    + "ERANGE:Numerical result out of range|"
                    + "EDEADLK:Resource deadlock avoided|"
                    + "ENAMETOOLONG:File name too long|"
                    + "ENOLCK:No locks available|"
                    + "ENOSYS:Function not implemented|"
                    + "ENOTEMPTY:Directory not empty|"
                    + "ELOOP:Too many levels of symbolic links|"
                    + ":|"
                    + "ENOMSG:No message of desired type|"
                    + "EIDRM:Identifier removed|"
                    + "ECHRNG:Channel number out of range|"
                    + "EL2NSYNC:Level 2 not synchronized|"
                    + "EL3HLT:Level 3 halted|"
                    + "EL3RST:Level 3 reset|"
                    + "ELNRNG:Link number out of range|"
                    + "EUNATCH:Protocol driver not attached|"
                    + "ENOCSI:No CSI structure available|"
                    + "EL2HLT:Level 2 halted|"
                    + "EBADE:Invalid exchange|"
                    + "EBADR:Invalid request descriptor|"
                    + "EXFULL:Exchange full|"
                    + "ENOANO:No anode|"
                    + "EBADRQC:Invalid request code|"
                    + "EBADSLT:Invalid slot|"
                    + ":|"
                    + "EBFONT:Bad font file format|"
                    + "ENOSTR:Device not a stream|"
                    + "ENODATA:No data available|"
                    + "ETIME:Timer expired|"
                    + "ENOSR:Out of streams resources|"
                    + "ENONET:Machine is not on the network|"
                    + "ENOPKG:Package not installed|"
                    + "EREMOTE:Object is remote|"
                    + "ENOLINK:Link has been severed|"
                    + "EADV:Advertise error|"
                    + "ESRMNT:Srmount error|"
                    + "ECOMM:Communication error on send|"
                    + "EPROTO:Protocol error|"
                    + "EMULTIHOP:Multihop attempted|"
                    + "EDOTDOT:RFS specific error|"
                    + "EBADMSG:Bad message|"
                    + "EOVERFLOW:Value too large for defined data type|"
                    + "ENOTUNIQ:Name not unique on network|"
                    + "EBADFD:File descriptor in bad state|"
                    + "EREMCHG:Remote address changed|"
                    + "ELIBACC:Can not access a needed shared library|"
                    + "ELIBBAD:Accessing a corrupted shared library|"
                    + "ELIBSCN:.lib section in a.out corrupted|"
                    + "ELIBMAX:Attempting to link in too many shared libraries|"
                    + "ELIBEXEC:Cannot exec a shared library directly|"
                    + "EILSEQ:Invalid or incomplete multibyte or wide character|"
                    + "ERESTART:Interrupted system call should be restarted|"
                    + "ESTRPIPE:Streams pipe error|"
                    + "EUSERS:Too many users|"
                    + "ENOTSOCK:Socket operation on non-socket|"
                    + "EDESTADDRREQ:Destination address required|"
                    + "EMSGSIZE:Message too long|"
                    + "EPROTOTYPE:Protocol wrong type for socket|"
                    + "ENOPROTOOPT:Protocol not available|"
                    + "EPROTONOSUPPORT:Protocol not supported|"
                    + "ESOCKTNOSUPPORT:Socket type not supported|"
                    + "EOPNOTSUPP:Operation not supported|"
                    + "EPFNOSUPPORT:Protocol family not supported|"
                    + "EAFNOSUPPORT:Address family not supported by protocol|"
                    + "EADDRINUSE:Address already in use|"
                    + "EADDRNOTAVAIL:Cannot assign requested address|"
                    + "ENETDOWN:Network is down|"
                    + "ENETUNREACH:Network is unreachable|"
                    + "ENETRESET:Network dropped connection on reset|"
                    + "ECONNABORTED:Software caused connection abort|"
                    + "ECONNRESET:Connection reset by peer|"
                    + "ENOBUFS:No buffer space available|"
                    + "EISCONN:Transport endpoint is already connected|"
                    + "ENOTCONN:Transport endpoint is not connected|"
                    + "ESHUTDOWN:Cannot send after transport endpoint shutdown|"
                    + "ETOOMANYREFS:Too many references: cannot splice|"
                    + "ETIMEDOUT:Connection timed out|"
                    + "ECONNREFUSED:Connection refused|"
                    + "EHOSTDOWN:Host is down|"
                    + "EHOSTUNREACH:No route to host|"
                    + "EALREADY:Operation already in progress|"
                    + "EINPROGRESS:Operation now in progress|"
                    + "ESTALE:Stale file handle|"
                    + "EUCLEAN:Structure needs cleaning|"
                    + "ENOTNAM:Not a XENIX named type file|"
                    + "ENAVAIL:No XENIX semaphores available|"
                    + "EISNAM:Is a named type file|"
                    + "EREMOTEIO:Remote I/O error|"
                    + "EDQUOT:Disk quota exceeded|"
                    + "ENOMEDIUM:No medium found|"
                    + "EMEDIUMTYPE:Wrong medium type|"
                    + "ECANCELED:Operation canceled|"
                    + "ENOKEY:Required key not available|"
                    + "EKEYEXPIRED:Key has expired|"
                    + "EKEYREVOKED:Key has been revoked|"
                    + "EKEYREJECTED:Key was rejected by service|"
                    + "EOWNERDEAD:Owner died|"
                    + "ENOTRECOVERABLE:State not recoverable|"
                    + "ERFKILL:Operation not possible due to RF-kill")
            .split("\\|");

    private Errno() {}

    /**
     * {@return the name of an error number, such as {@code ENOENT}; the number itself where it has none}
     *
     * @param errno an error number, positive or negated
     */
    public static String name(int errno) {
        int n = Math.abs(errno);
        String row = n < NAMES.length ? NAMES[n] : ":";
        int colon = row.indexOf(':');
        return colon > 0 ? row.substring(0, colon) : Integer.toString(n);
    }

    /**
     * {@return what an error number means, in strerror(3)'s words}
     *
     * @param errno an error number, positive or negated
     */
    public static String text(int errno) {
        int n = Math.abs(errno);
        String row = n < NAMES.length ? NAMES[n] : ":";
        int colon = row.indexOf(':');
        return colon > 0 ? row.substring(colon + 1) : "unknown error";
    }

    /**
     * {@return a failed call as an exception}
     *
     * @param call the system call's name
     * @param what what was being done and to what, such as {@code mount proc at /proc}
     * @param result the call's negative result
     */
    public static HostException failure(String call, String what, long result) {
        int errno = (int) -result;
        return new HostException(what + ": " + name(errno) + " (" + text(errno) + ")", call, errno);
    }

    /**
     * Passes a call's result through, or throws where it failed.
     *
     * @param call the system call's name
     * @param what what was being done and to what
     * @param result the call's result
     * @return the result, 0 or more
     * @throws HostException if the result is negative
     */
    public static long check(String call, String what, long result) {
        if (result < 0) {
            throw failure(call, what, result);
        }
        return result;
    }
}
