package belljar.image;

import belljar.failure.BugException;
import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Makes the TLS settings for one registry: authorities and client certificates from containers-certs.d(5)'s directories
 * and Docker's, then the JDK's authorities, then the host's bundle.
 */
final class RegistryTls {
    /** Where distributions keep the bundle that {@code update-ca-certificates} and its kin write. */
    private static final List<Path> BUNDLES = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"));

    private static final char[] NO_PASSWORD = new char[0];

    private RegistryTls() {}

    /**
     * Makes the settings.
     *
     * @param options says whether to verify and where certificates are
     * @param authority the registry's host and port, which names the directory
     * @return a new context
     * @throws UserException if a certificate or key in the registry's directory cannot be used
     */
    static SSLContext context(RegistryOptions options, String authority) {
        try {
            Optional<Path> directory = directory(options, authority);
            List<Path> files = directory.isPresent() ? list(directory.get()) : List.of();
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(clientKeys(files), new TrustManager[] {trust(options, files)}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new BugException("this JDK cannot make a TLS context", e);
        }
    }

    private static Optional<Path> directory(RegistryOptions options, String authority) {
        if (options.certificates().isPresent()) {
            Path given = options.certificates().get();
            if (!Files.isDirectory(given)) {
                throw new UserException("the certificate directory " + given + " does not exist: correct --cert-dir");
            }
            return options.certificates();
        }
        List<Path> candidates = new ArrayList<>();
        String home = options.environment().getOrDefault("HOME", "");
        if (!home.isEmpty()) {
            candidates.add(Path.of(home, ".config/containers/certs.d", authority));
        }
        candidates.add(Path.of("/etc/containers/certs.d", authority));
        candidates.add(Path.of("/etc/docker/certs.d", authority));
        for (Path candidate : candidates) {
            if (Files.isDirectory(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static List<Path> list(Path directory) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(files::add);
        } catch (IOException e) {
            throw new UserException(
                    "the certificate directory " + directory + " cannot be read: check its permissions", e);
        }
        files.sort(Comparator.naturalOrder());
        return files;
    }

    private static TrustManager trust(RegistryOptions options, List<Path> files) throws GeneralSecurityException {
        if (!options.tlsVerify()) {
            return new RegistryTrust.Everyone();
        }
        List<Supplier<X509ExtendedTrustManager>> sets = new ArrayList<>();
        for (Path file : files) {
            if (file.toString().endsWith(".crt")) {
                X509ExtendedTrustManager manager = authorities(certificates(file));
                sets.add(() -> manager);
            }
        }
        X509ExtendedTrustManager jdk = manager(null);
        sets.add(() -> jdk);
        sets.add(new HostBundle(jdk));
        return new RegistryTrust(sets);
    }

    /** The host's own authorities, read at the first server that the JDK's do not vouch for. */
    private static final class HostBundle implements Supplier<X509ExtendedTrustManager> {
        private final X509ExtendedTrustManager fallback;
        private @Nullable X509ExtendedTrustManager loaded;

        HostBundle(X509ExtendedTrustManager fallback) {
            this.fallback = fallback;
        }

        @Override
        public synchronized X509ExtendedTrustManager get() {
            X509ExtendedTrustManager manager = loaded;
            if (manager == null) {
                manager = load();
                loaded = manager;
            }
            return manager;
        }

        private X509ExtendedTrustManager load() {
            for (Path bundle : BUNDLES) {
                if (Files.isReadable(bundle)) {
                    try {
                        return authorities(certificates(bundle));
                    } catch (GeneralSecurityException | UserException e) {
                        // A broken bundle vouches for nobody; the JDK's refusal is then the answer.
                        return fallback;
                    }
                }
            }
            return fallback;
        }
    }

    private static Collection<? extends Certificate> certificates(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> read =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (read.isEmpty()) {
                throw new UserException("the certificate file " + file + " holds no certificate");
            }
            return read;
        } catch (IOException e) {
            throw new UserException("the certificate file " + file + " cannot be read: check its permissions", e);
        } catch (GeneralSecurityException e) {
            throw new UserException(
                    "the certificate file " + file + " does not hold X.509 certificates in PEM form", e);
        }
    }

    private static X509ExtendedTrustManager authorities(Collection<? extends Certificate> certificates)
            throws GeneralSecurityException {
        KeyStore store = emptyStore();
        int number = 0;
        for (Certificate certificate : certificates) {
            store.setCertificateEntry("authority" + number++, certificate);
        }
        return manager(store);
    }

    private static X509ExtendedTrustManager manager(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager extended) {
                return extended;
            }
        }
        throw new BugException("this JDK has no X.509 trust manager", null);
    }

    private static KeyStore emptyStore() throws GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try {
            store.load(null, null);
        } catch (IOException e) {
            throw new BugException("an empty key store cannot be made", e);
        }
        return store;
    }

    private static KeyManager @Nullable [] clientKeys(List<Path> files) throws GeneralSecurityException {
        KeyStore store = emptyStore();
        for (Path file : files) {
            String name = file.toString();
            if (name.endsWith(".cert")) {
                Path key = Path.of(name.substring(0, name.length() - ".cert".length()) + ".key");
                if (!Files.exists(key)) {
                    throw new UserException("the client certificate " + file + " lacks its key " + key);
                }
                Certificate[] chain = certificates(file).toArray(Certificate[]::new);
                store.setKeyEntry(name, privateKey(key, chain[0]), NO_PASSWORD, chain);
            }
        }
        if (store.size() == 0) {
            return null;
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static PrivateKey privateKey(Path file, Certificate certificate) {
        try {
            String text = Files.readString(file, StandardCharsets.US_ASCII);
            String begin = "-----BEGIN PRIVATE KEY-----";
            int from = text.indexOf(begin);
            int to = text.indexOf("-----END PRIVATE KEY-----");
            if (from >= 0 && to > from) {
                byte[] der = Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
                String algorithm = certificate.getPublicKey().getAlgorithm();
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            }
        } catch (IOException | IllegalArgumentException | GeneralSecurityException e) {
            throw new UserException("the client key " + file + " cannot be read", e);
        }
        throw new UserException("the client key " + file
                + " is not in PKCS#8 form: convert it with 'openssl pkcs8 -topk8 -nocrypt -in KEY'");
    }
}
