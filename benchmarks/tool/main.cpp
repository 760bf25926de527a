// SPDX-License-Identifier: BSL-1.0
// weft-bench: the command line. The inner roles (serve, generate, costs) are processes that a run
// starts of this same program; they are not meant to be typed.
#include "benchmarks/tool/build_versions.hpp"
#include "benchmarks/tool/demo.hpp"
#include "benchmarks/tool/generator.hpp"
#include "benchmarks/tool/servers.hpp"
#include "benchmarks/tool/unit_costs.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>

namespace {

void add_demo(CLI::App& app, bench::demo_settings& settings, int& status) {
    CLI::App* demo = app.add_subcommand(
        "demo", "One fiber per connection against one OS thread per connection, in two minutes");
    demo->add_flag("--quick", settings.quick, "One round instead of five: under 30 seconds");
    demo->add_option("--html", settings.html, "Where the page with charts goes; '' for none")
        ->type_name("FILE")
        ->capture_default_str();
    demo->add_option("--json", settings.json, "Where all figures go, as JSON")->type_name("FILE");
    demo->add_option("--rounds", settings.rounds, "Rounds, both sides in each")
        ->check(CLI::Range(1, 100));
    demo->add_option("--seconds", settings.seconds, "Length of each measured window")
        ->check(CLI::Range(0.05, 60.0));
    demo->callback([&] { status = bench::run_demo(settings); });
}

struct role_settings {
    std::string side;
    double seconds = 1;
    double warm_up = 0;
    bool wait = false;
    bench::load_settings load;
};

void add_inner_roles(CLI::App& app, role_settings& role) {
    CLI::App* serve = app.add_subcommand("serve")->group("");
    serve->add_option("--side", role.side)->required();
    serve->callback([&role] { bench::serve(bench::side_named(role.side)); });

    CLI::App* costs = app.add_subcommand("costs")->group("");
    costs->add_option("--side", role.side)->required();
    costs->add_option("--seconds", role.seconds);
    costs->callback([&role] {
        bench::measure_unit_costs(bench::side_named(role.side),
                                  std::chrono::duration<double>(role.seconds));
    });

    CLI::App* generate = app.add_subcommand("generate")->group("");
    generate->add_option("--port", role.load.port)->required();
    generate->add_option("--connections", role.load.connections);
    generate->add_option("--in-flight", role.load.in_flight);
    generate->add_option("--warm-up", role.warm_up);
    generate->add_option("--seconds", role.seconds);
    generate->add_option("--server", role.load.server)->required();
    generate->add_option("--wait", role.wait);
    generate->callback([&role] {
        role.load.kind = role.wait ? bench::load_kind::one_wait : bench::load_kind::closed_loop;
        role.load.warm_up = std::chrono::duration<double>(role.warm_up);
        role.load.seconds = std::chrono::duration<double>(role.seconds);
        bench::generate_load(role.load);
    });
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("weft-bench measures fibers against threads on this machine.");
    app.set_version_flag("--version", std::string("weft-bench ") + bench::build_versions::weft);
    app.require_subcommand(1);
    bench::demo_settings demo;
    demo.command.assign(argv, argv + argc);
    role_settings role;
    int status = 0;
    add_demo(app, demo, status);
    add_inner_roles(app, role);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const std::exception& error) {
        fmt::print(stderr, "weft-bench: {}\n", error.what());
        return 1;
    }
    return status;
}
