package belljar.image;

/**
 * One step of an image's history.
 *
 * @param id the image's id for the last step; empty for those before, whose images are not known
 * @param created when, RFC 3339; may be empty
 * @param createdBy the command; may be empty
 * @param comment a remark; may be empty
 * @param author who; may be empty
 * @param size bytes of the layer that the step made, as it is stored; 0 where it made none
 */
public record HistoryEntry(String id, String created, String createdBy, String comment, String author, long size) {}
