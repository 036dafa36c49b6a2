/**
 * Tests of Belljar from outside: its command line in processes of its own, real registries, and other engines beside
 * it. After every test {@link belljar.integration.LeakCheck} looks at the machine for what was left behind.
 */
@NullMarked
package belljar.integration;

import org.jspecify.annotations.NullMarked;
