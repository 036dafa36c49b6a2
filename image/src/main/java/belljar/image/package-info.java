/**
 * Images: their names, their documents, the store that holds them, and the ways in and out. An image is what the OCI
 * image specification 1.1 says it is; Docker's schema 2 is read and written beside it.
 *
 * <p>{@link belljar.image.Reference}, {@link belljar.image.Digest}, {@link belljar.image.Descriptor},
 * {@link belljar.image.Manifest}, {@link belljar.image.Index} and {@link belljar.image.ImageConfig} are the data: every
 * one immutable, checked when made, and read from foreign bytes with one clear sentence for whatever is wrong. Nothing
 * here runs an image.
 */
@NullMarked
package belljar.image;

import org.jspecify.annotations.NullMarked;
