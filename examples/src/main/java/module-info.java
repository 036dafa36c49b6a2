/** How Java programs use Belljar. */
module belljar.examples {
    requires belljar.api;
    requires static org.jspecify;
}
