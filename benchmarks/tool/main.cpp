// SPDX-License-Identifier: BSL-1.0
// weft-bench: the command line. The inner roles (serve, generate, costs) are processes that a run
// starts of this same program; they are not meant to be typed.
#include "benchmarks/tool/bars.hpp"
#include "benchmarks/tool/build_versions.hpp"
#include "benchmarks/tool/demo.hpp"
#include "benchmarks/tool/generator.hpp"
#include "benchmarks/tool/run.hpp"
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

void add_run(CLI::App& app, bench::run_settings& settings, int& status) {
    CLI::App* run =
        app.add_subcommand("run", "Scenarios, weft beside its peers; 'list' names them");
    run->add_option("scenarios", settings.scenarios, "Which ones; all when none is named")
        ->type_name("SCENARIO");
    run->add_option("--against", settings.against, "Which peers; all when none is named")
        ->type_name("PEER")
        ->delimiter(',');
    CLI::Option* quick =
        run->add_flag("--quick", settings.quick, "Everything in under three minutes, roughly");
    run->add_flag("--full", settings.full, "Every size and narrow intervals: under thirty minutes")
        ->excludes(quick);
    run->add_flag("--install-peers", settings.install_peers,
                  "Install what missing peers need, with apt, and build them");
    run->add_option("--json", settings.json, "Where every figure of every round goes")
        ->type_name("FILE");
    run->add_option("--html", settings.html, "Where the page with charts goes")->type_name("FILE");
    run->add_option("--save", settings.save, "A base for later runs to be compared with")
        ->type_name("BASE");
    CLI::Option* compare =
        run->add_option("--compare", settings.compare, "A base that was saved before")
            ->type_name("BASE");
    run->add_option("--fail-above", settings.fail_above,
                    "Exit status 3 when something takes more than this times what the base took")
        ->needs(compare)
        ->type_name("RATIO");
    run->callback([&] { status = bench::run_command(settings); });
}

void add_list(CLI::App& app, int& status) {
    app.add_subcommand("list", "The scenarios, their sizes, and who takes part")->callback([&] {
        status = bench::list_command();
    });
}

void add_report(CLI::App& app, bench::report_settings& settings, int& status) {
    CLI::App* report =
        app.add_subcommand("report", "What an earlier run wrote with --json or --save, again");
    report->add_option("record", settings.record)->required()->type_name("FILE");
    report->add_option("--html", settings.html, "As a page with charts")->type_name("FILE");
    report->add_option("--markdown", settings.markdown, "As docs/benchmarks.md is")
        ->type_name("FILE");
    report->callback([&] { status = bench::report_command(settings); });
}

void add_bars(CLI::App& app, bench::bars_settings& settings, int& status) {
    CLI::App* bars = app.add_subcommand("bars", "Every bar that weft is held to, in one table");
    bars->add_option("scenarios", settings.scenarios, "Whose bars; all when none is named")
        ->type_name("SCENARIO");
    bars->add_option("--json", settings.json, "Where every figure of every round goes")
        ->type_name("FILE");
    bars->callback([&] { status = bench::bars_command(settings); });
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
    CLI::App app(
        "weft-bench measures fibers against threads, and against everyone else, on this machine.");
    app.set_version_flag("--version", std::string("weft-bench ") + bench::build_versions::weft);
    app.require_subcommand(1);
    bench::demo_settings demo;
    bench::run_settings run;
    bench::bars_settings bars;
    bench::report_settings report;
    demo.command.assign(argv, argv + argc);
    run.command = bars.command = demo.command;
    role_settings role;
    int status = 0;
    add_demo(app, demo, status);
    add_run(app, run, status);
    add_list(app, status);
    add_report(app, report, status);
    add_bars(app, bars, status);
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
