// SPDX-License-Identifier: BSL-1.0
// copg-config: reads configuration files and says what is wrong with them, or what they mean.
#include <copg/config/convert.hpp>
#include <copg/config/load.hpp>

#include <CLI/CLI.hpp>
#include <iostream>

namespace {

struct request {
    std::vector<std::string> files;
    copg::config::load_options options;
    bool strict = false;
    bool quiet = false;
};

int check(request const& of) {
    auto const read = copg::config::load_files(of.files, of.options);
    for (auto const& problem : read.problems)
        std::cerr << problem.text() << '\n';
    if (!read.usable() || (of.strict && !read.problems.empty()))
        return 1;
    if (!of.quiet)
        std::cout << copg::config::describe(read.value);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    request said;
    CLI::App app{"Checks configuration files of copg without connecting to anything.",
                 "copg-config"};
    app.require_subcommand(1);
    auto* const checking = app.add_subcommand(
        "check",
        "print every problem as file:line: path: sentence and end with 1, or print the "
        "configuration as it takes effect, without secrets");
    checking->add_option("files", said.files, "YAML files; a later one wins key by key")
        ->required()
        ->type_name("FILE");
    checking
        ->add_option("--prefix",
                     said.options.prefix,
                     "let environment variables that begin with it override the files")
        ->type_name("PREFIX");
    checking->add_flag("--strict", said.strict, "end with 1 for warnings, too");
    checking->add_flag("--quiet", said.quiet, "do not print the configuration");
    CLI11_PARSE(app, argc, argv);
    try {
        return check(said);
    } catch (std::exception const& e) {
        std::cerr << "copg-config: " << e.what() << '\n';
        return 1;
    }
}
