// SPDX-License-Identifier: BSL-1.0
#include "testing/supervisor.hpp"

#include <copg/base/error.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace copg::testing {
namespace {

// $1 temporary folder, $2 folder of the binaries, $3 user to run the server as, or nothing.
constexpr char script[] = R"sh(
folder=$1 binaries=$2 user=$3 pid=
as() {
    if [ -n "$user" ]; then exec setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
    else exec "$@"; fi
}
own() {
    [ -z "$user" ] || chown "$user" "$folder"
}
make() {
    own && (cd "$folder" && as "$binaries/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 \
        --no-locale --no-sync) >"$folder/initdb.log" 2>&1 && furnish
}
copy() {
    own && (cd "$folder" && as "$binaries/pg_basebackup" -D "$folder/data" -d "$1" -R -X stream \
        -c fast --no-sync) >"$folder/initdb.log" 2>&1 && furnish
}
furnish() {
    cat "$folder/settings" >>"$folder/data/postgresql.conf" &&
    cat "$folder/access_rules" "$folder/data/pg_hba.conf" >"$folder/hba" &&
    cat "$folder/hba" >"$folder/data/pg_hba.conf" || return 1
    for file in "$folder"/files/*; do
        [ -e "$file" ] || continue
        chmod 600 "$file" && { [ -z "$user" ] || chown "$user" "$file"; } &&
            mv "$file" "$folder/data/" || return 1
    done
}
ready() {
    for try in $(seq 3000); do
        grep -qs '^ready' "$folder/data/postmaster.pid" && return 0
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.01
    done
    return 1
}
start() {
    (cd "$folder" && as "$binaries/postgres" -D "$folder/data" -p "$1") \
        </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    ready
}
promote() {
    (cd "$folder" && as "$binaries/pg_ctl" promote -D "$folder/data" -w -t 50) \
        </dev/null >>"$folder/log" 2>&1
}
stop() {
    [ -n "$pid" ] || return 0
    kill -QUIT "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
    rm -f "$folder/data/postmaster.pid"
}
trap '' HUP INT TERM PIPE
while read -r command argument; do
    case $command in
    make|copy|start|stop|promote) if "$command" "$argument"; then echo ok; else echo failed; fi ;;
    esac
done
stop
rm -rf "$folder"
)sh";

struct pipe_ends {
    int read = -1;
    int write = -1;
};

pipe_ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) // the server must not hold the end whose closing ends it
        throw std::system_error{errno, std::system_category(), "pipe"};
    return {ends[0], ends[1]};
}

int spawn_shell(std::vector<std::string> const& arguments, int input, int output) {
    std::vector<char*> argv;
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = script;
    std::string name = "copg-cluster";
    for (auto* part : {&shell, &option, &text, &name})
        argv.push_back(part->data());
    for (auto const& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str())); // posix_spawn does not write to it
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID); // Ctrl-C is for this process only
    pid_t process = -1;
    auto const failed =
        ::posix_spawn(&process, "/bin/sh", &actions, &attributes, argv.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        throw std::system_error{failed, std::system_category(), "/bin/sh"};
    return process;
}

} // namespace

supervisor::supervisor(std::vector<std::string> const& arguments) {
    auto const commands = make_pipe();
    auto const answers = make_pipe();
    commands_ = commands.write;
    answers_ = answers.read;
    process_ = spawn_shell(arguments, commands.read, answers.write);
    ::close(commands.read);
    ::close(answers.write);
}

supervisor::~supervisor() {
    ::close(commands_);
    ::close(answers_);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::string supervisor::ask(std::string const& command) {
    auto const line = command + "\n";
    if (::write(commands_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        return "the supervisor is gone";

    constexpr int limit_ms = 60'000;
    std::string answer;
    while (true) {
        pollfd waiting{answers_, POLLIN, 0};
        char c = 0;
        if (::poll(&waiting, 1, limit_ms) == 0)
            return "no answer within 60 s";
        auto const got = ::read(answers_, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return "the supervisor is gone";
        if (c == '\n')
            return answer;
        answer += c;
    }
}

} // namespace copg::testing
