# Functions that find a JDK, build Belljar from its sources and train its cache; ../belljar and ../belljar-test read
# them. They may start processes. The caller has set bj_home and bj_state.
#
# shellcheck shell=sh disable=SC2154 # variables of ../belljar
# shellcheck disable=SC2015 # a && b || c: no c here may run in vain
# shellcheck disable=SC2030,SC2031 # JAVA_HOME is set for Maven alone, in a subshell

bj_say() {
    printf 'belljar: %s\n' "$1" >&2
}

bj_fail() {
    bj_say "$1"
    exit 125
}

# True for the home of a JDK of version 25 or later that has what is needed here.
bj_usable() {
    [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
    [ ! -e "$bj_home/pom.xml" ] || [ -x "$1/bin/javac" ] || return 1
    bj_major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
    [ "${bj_major:-0}" -ge 25 ]
}

bj_find_jdk() {
    if [ -n "${BELLJAR_JAVA_HOME-}" ]; then
        bj_usable "$BELLJAR_JAVA_HOME" ||
            bj_fail "BELLJAR_JAVA_HOME is $BELLJAR_JAVA_HOME, which is not the home of a JDK 25 or later: correct or unset it"
        bj_jdk=$BELLJAR_JAVA_HOME
        return
    fi
    bj_default=$(command -v java) && bj_default=$(readlink -f -- "$bj_default") && bj_default=${bj_default%/bin/java}
    for bj_jdk in "${JAVA_HOME:-/nonexistent}" /usr/lib/jvm/* "${bj_default:-/nonexistent}"; do
        if bj_usable "$bj_jdk"; then
            return
        fi
    done
    bj_fail "needs a JDK 25 or later: install openjdk-25-jdk-headless (Debian 13 and later, or backports) or Eclipse Temurin 25, or set BELLJAR_JAVA_HOME to the home of one"
}

bj_sha() {
    sha256sum | cut -c1-16
}

# Names the content of the sources, so that a touched but unchanged file costs no build.
bj_sources() {
    (cd "$bj_home" && find belljar launcher pom.xml ./*/pom.xml ./*/src/main -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | bj_sha)
}

# Makes mvn runnable, or says how.
bj_need_maven() {
    ! command -v mvn >/dev/null || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        bj_say "installing Maven..."
        if (DEBIAN_FRONTEND=noninteractive && export DEBIAN_FRONTEND &&
            { apt-get install -y -q --no-install-recommends maven ||
                { apt-get update -q && apt-get install -y -q --no-install-recommends maven; }; }) \
            >"$bj_state/build.log" 2>&1 </dev/null; then
            return 0
        fi
        tail -n 20 "$bj_state/build.log" >&2
        bj_fail "Maven could not be installed (see $bj_state/build.log)"
    fi
    bj_fail "needs Maven to build itself: apt-get install maven"
}

# Compiles the sources into $bj_dist, or fails with the build's own words. The build has its own target directories,
# and the result gets its name only when it is complete: neither another build nor a kill can leave a half of one.
bj_build() {
    bj_need_maven
    # Else classes whose sources are gone would stay.
    rm -rf "$bj_home"/*/target/launcher
    if ! (cd "$bj_home" && JAVA_HOME=$bj_jdk && export JAVA_HOME &&
        MAVEN_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow" &&
        export MAVEN_OPTS && unset JDK_JAVA_OPTIONS JAVA_TOOL_OPTIONS _JAVA_OPTIONS &&
        mvn -q -B -Dstyle.color=never -Dfast -Dmaven.test.skip=true -Dbuild.folder=target/launcher -pl cli -am \
            package dependency:copy-dependencies -DincludeScope=runtime) >"$bj_state/build.log" 2>&1 </dev/null; then
        sed -n '/Help 1/d; /^\[ERROR\] $/d; /To see the full/q; p' "$bj_state/build.log" >&2
        bj_fail "the build failed (all of it in $bj_state/build.log)"
    fi
    bj_new=$bj_state/new.$$
    rm -rf "$bj_state"/new.*
    mkdir -p "$bj_new/lib" && cp "$bj_home"/cli/target/launcher/dependency/*.jar \
        "$bj_home"/cli/target/launcher/belljar-cli-*.jar "$bj_new/lib" || bj_fail "cannot write in $bj_state"
    # The library of system calls and the program that hands commands over, from our own assembler; without them Belljar
    # starts slower and works the same.
    bj_made=$(printf '%s:' "$bj_new"/lib/*.jar)
    "$bj_jdk/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$bj_made" belljar.linux.NativeLibrary \
        "$bj_new/lib/libbelljar.so" "$bj_new/lib/courier" >>"$bj_state/build.log" 2>&1 ||
        rm -f "$bj_new/lib/libbelljar.so" "$bj_new/lib/courier"
    mv -T "$bj_new" "$bj_dist" || bj_fail "cannot write $bj_dist"
}

# Trains the AOT caches by running real commands: one for all commands, then one for runs of the image that is there by
# now, and one for what is done to containers that are there. Where that is impossible a cache is missing, not the command.
bj_train() {
    bj_new=$bj_dist/new.$$
    mkdir -p "$bj_new/work" || bj_fail "cannot write in $bj_dist"
    touch -r "$bj_jdk/lib/modules" "$bj_new/modules"
    bj_class_path
    bj_record all belljar.aot >"$bj_state/training.log" 2>&1 </dev/null
    bj_record run run.aot >>"$bj_state/training.log" 2>&1 </dev/null
    bj_record verbs verbs.aot >>"$bj_state/training.log" 2>&1 </dev/null
    rm -rf --one-file-system "$bj_new/work"
    [ -e "$bj_new/belljar.aot" ] && [ -e "$bj_new/run.aot" ] && [ -e "$bj_new/verbs.aot" ] || bj_say "starts slower than it could: its cache was not trained (see $bj_state/training.log)"
    mv -T "$bj_new" "$bj_trained" 2>/dev/null || rm -rf "$bj_new"
}

# Runs the commands of the set $1, and writes the cache $2 of what they load.
bj_record() {
    (unset JDK_JAVA_OPTIONS JAVA_TOOL_OPTIONS _JAVA_OPTIONS
    exec "$bj_jdk/bin/java" "-XX:AOTCacheOutput=$bj_new/$2" -XX:+UseSerialGC -XX:-UsePerfData \
        --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        ${bj_library:+"-Dbelljar.library=$bj_library"} -cp "$bj_path" belljar.cli.Training "$bj_new/work" "$1")
}

# Sets $bj_dist, $bj_trained, $bj_aot, $bj_aot_run and $bj_aot_verbs for these sources (named in $1) and this JDK.
bj_locate() {
    bj_dist=$bj_state/dist-$1
    bj_trained=$bj_dist/jdk-$( (printf '%s\n' "$bj_jdk" && cat "$bj_jdk/release") | bj_sha)
    bj_aot='' bj_aot_run='' bj_aot_verbs=''
    [ ! -r "$bj_trained/belljar.aot" ] || bj_aot=$bj_trained/belljar.aot
    [ ! -r "$bj_trained/run.aot" ] || bj_aot_run=$bj_trained/run.aot
    [ ! -r "$bj_trained/verbs.aot" ] || bj_aot_verbs=$bj_trained/verbs.aot
}

bj_quote() {
    printf "%s='%s'\n" "$1" "$(printf '%s' "$2" | sed "s/'/'\\\\''/g")"
}

# Removes builds that nothing uses any more. One that a process still runs from must stay: the JVM opens it late.
bj_prune() {
    for bj_old in "$bj_state"/dist-*; do
        [ "$bj_old" != "$bj_dist" ] || continue
        # The name comes by a pipe: as an argument, grep would find it in its own command line.
        # shellcheck disable=SC2062
        printf '%s/' "$bj_old" | grep -qsF -f - /proc/[0-9]*/cmdline || rm -rf "$bj_old"
    done
}

# Brings everything up to date, alone. The record's time is that of the look at the sources, so that a file saved
# during the build is newer than it.
bj_update() {
    umask 022
    mkdir -p "$bj_state" 2>/dev/null && [ -w "$bj_state" ] ||
        bj_fail "must build itself, and $bj_state is not yours to write: let its owner start it once"
    exec 9>>"$bj_state/lock"
    flock 9 || bj_fail "needs flock to build itself: apt-get install util-linux"
    touch "$bj_state/started"
    while [ -e "$bj_home/pom.xml" ]; do
        bj_hash=$(bj_sources)
        bj_locate "$bj_hash"
        if [ ! -d "$bj_dist" ]; then
            if [ -e "$bj_state/launch" ]; then
                bj_say "building (the sources changed, about 15 seconds)..."
            else
                bj_say "building (first use, about a minute)..."
            fi
            bj_build
            # Sources that changed under the build are in it or not, nobody knows: it goes.
            if [ "$(bj_sources)" != "$bj_hash" ]; then
                rm -rf "$bj_dist"
                touch "$bj_state/started"
                continue
            fi
        fi
        break
    done
    [ -d "$bj_trained" ] || bj_train
    bj_locate "${bj_dist##*/dist-}"
    {
        bj_quote bj_for "${BELLJAR_JAVA_HOME-}|${JAVA_HOME-}"
        bj_quote bj_jdk "$bj_jdk"
        printf '%s\n' "bj_dist=\$bj_state/${bj_dist##*/}" "bj_trained=\$bj_dist/${bj_trained##*/}" \
            "bj_aot=${bj_aot:+\$bj_trained/belljar.aot}" "bj_aot_run=${bj_aot_run:+\$bj_trained/run.aot}" \
            "bj_aot_verbs=${bj_aot_verbs:+\$bj_trained/verbs.aot}"
    } >"$bj_state/launch.new" &&
        touch -r "$bj_state/started" "$bj_state/launch.new" &&
        mv "$bj_state/launch.new" "$bj_state/launch" || bj_fail "cannot write in $bj_state"
    bj_prune
    # Built by root in a tree of someone else's, who is to build the next time.
    if [ "$(id -u)" = 0 ] && [ ! -O "$bj_home" ]; then
        chown -R --reference="$bj_home" "$bj_state" "$bj_home"/*/target
    fi
}
