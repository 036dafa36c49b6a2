package belljar.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes the certificate bundles that update-ca-certificates(8) and ca-certificates-java's trigger make: one file of all
 * certificates for OpenSSL and GnuTLS, and a keystore for Java.
 */
final class EtcCertificates {
    private static final String SOURCE = "usr/share/ca-certificates";

    private EtcCertificates() {}

    /**
     * Adds the bundles if the certificates are in the tree.
     *
     * @param tree the tree with all packages in it
     * @throws IOException if a certificate cannot be read
     */
    static void apply(DebTree tree) throws IOException {
        SortedMap<String, String> certificates = new TreeMap<>();
        collect(tree, SOURCE, certificates);
        if (certificates.isEmpty()) {
            return;
        }
        StringBuilder bundle = new StringBuilder();
        for (String pem : certificates.values()) {
            bundle.append(pem);
            if (!pem.endsWith("\n")) {
                bundle.append('\n');
            }
        }
        tree.file("etc/ssl/certs/ca-certificates.crt", bundle.toString());
        // OpenSSL looks for links named by hashes, which c_rehash(1) would make, or else for this one file.
        tree.link("usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt");
        if (!tree.list("usr/lib/jvm").isEmpty()) {
            tree.own(
                    "etc/ssl/certs/java/cacerts",
                    new DebNode.Regular(DebNode.Meta.root(0644), DebContent.of(keystore(certificates))));
        }
    }

    private static void collect(DebTree tree, String directory, SortedMap<String, String> certificates)
            throws IOException {
        for (String name : tree.list(directory)) {
            String path = directory + "/" + name;
            if (tree.at(path) instanceof DebNode.Directory) {
                collect(tree, path, certificates);
            } else if (name.endsWith(".crt")) {
                certificates.put(path, EtcFiles.text(tree, path));
            }
        }
    }

    /**
     * {@return a keystore of type JKS with the certificates as trusted ones, under Debian's password "changeit"}
     *
     * <p>Written here, as {@code KeyStore.store} puts the present time into it and the same packages must give the same
     * image. The format is that of OpenJDK's {@code sun.security.provider.JavaKeyStore}: magic, version 2, entries of
     * tag 2 (alias, date, type, encoding), and a digest over password, a fixed phrase and all that.
     */
    private static byte[] keystore(SortedMap<String, String> certificates) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            digest.update("changeit".getBytes(StandardCharsets.UTF_16BE));
            digest.update("Mighty Aphrodite".getBytes(StandardCharsets.UTF_8));
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            List<String> aliases = new ArrayList<>();
            List<byte[]> encodings = new ArrayList<>();
            certificates.forEach((path, pem) -> {
                try {
                    Certificate certificate = factory.generateCertificate(
                            new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
                    encodings.add(certificate.getEncoded());
                    String name = path.substring(path.lastIndexOf('/') + 1, path.length() - ".crt".length());
                    aliases.add("debian:" + name.toLowerCase(Locale.ROOT) + ".pem");
                } catch (CertificateException unreadable) {
                    // keytool leaves out what it cannot read, with a warning, and so do we.
                    return;
                }
            });
            out.writeInt(0xfeedfeed);
            out.writeInt(2);
            out.writeInt(aliases.size());
            for (int i = 0; i < aliases.size(); i++) {
                out.writeInt(2);
                out.writeUTF(aliases.get(i));
                out.writeLong(0);
                out.writeUTF("X.509");
                out.writeInt(encodings.get(i).length);
                out.write(encodings.get(i));
            }
            out.flush();
            digest.update(bytes.toByteArray());
            out.write(digest.digest());
            out.flush();
            return bytes.toByteArray();
        } catch (NoSuchAlgorithmException | CertificateException missing) {
            throw new IOException("this Java has no SHA-1 or no X.509 certificates", missing);
        }
    }
}
