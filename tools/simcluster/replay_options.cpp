#include "tools/simcluster/replay_options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <string_view>

namespace simcluster::tools {

namespace {

struct OptionRow {
  std::string_view name;
  char letter;             // 0: none
  std::string_view value;  // placeholder, empty: takes no value
  std::string_view group;  // empty: hidden
  std::string_view help;
  void (*apply)(ReplayOptions& options, const std::string& value);
};

void want_process(ReplayOptions& o) { o.process = true; }

void want_simulation(ReplayOptions& o) {
  o.process = true;
  o.simulate = true;
}

const std::array kRows = {
    OptionRow{"run", 'R', "", "operations",
              "Process the supplied input and show what actions the cluster will take in response",
              [](ReplayOptions& o, const std::string&) { want_process(o); }},
    OptionRow{"simulate", 'S', "", "operations",
              "Like --run, but also simulate taking those actions and show the resulting new status",
              [](ReplayOptions& o, const std::string&) { want_simulation(o); }},
    OptionRow{"in-place", 'X', "", "operations", "Like --simulate, but also store the results back to the input file",
              [](ReplayOptions& o, const std::string&) {
                want_simulation(o);
                o.store = true;
              }},
    OptionRow{"show-attrs", 'A', "", "operations", "Show node attributes",
              [](ReplayOptions& o, const std::string&) { o.show_attributes = true; }},
    OptionRow{"show-failcounts", 'c', "", "operations", "Show resource fail counts",
              [](ReplayOptions& o, const std::string&) { o.show_failcounts = true; }},
    OptionRow{"show-scores", 's', "", "operations", "Show allocation scores",
              [](ReplayOptions& o, const std::string&) {
                want_process(o);
                o.show_scores = true;
              }},
    OptionRow{"show-utilization", 'U', "", "operations", "Show utilization information",
              [](ReplayOptions& o, const std::string&) {
                want_process(o);
                o.show_utilization = true;
              }},
    OptionRow{"why", 0, "RESOURCE", "operations",
              "Explain why the resource is where it is and what happens to it (may be specified multiple times)",
              [](ReplayOptions& o, const std::string& v) {
                want_process(o);
                o.why.push_back(v);
              }},
    OptionRow{"profile", 'P', "DIR", "operations",
              "Process all the XML files in the named directory to create profiling data",
              [](ReplayOptions& o, const std::string& v) { o.profile = v; }},
    OptionRow{"repeat", 'N', "N", "operations", "With --profile, repeat each test N times and print timings",
              [](ReplayOptions& o, const std::string& v) { o.repeat = std::max(0, std::atoi(v.c_str())); }},
    OptionRow{"pending", 'j', "", "", "", [](ReplayOptions&, const std::string&) {}},
    OptionRow{"node-up", 'u', "NODE", "synthetic", "Simulate bringing a node online",
              [](ReplayOptions& o, const std::string& v) { o.injections.nodes_up.push_back(v); }},
    OptionRow{"node-down", 'd', "NODE", "synthetic", "Simulate taking a node offline",
              [](ReplayOptions& o, const std::string& v) { o.injections.nodes_down.push_back(v); }},
    OptionRow{"node-fail", 'f', "NODE", "synthetic", "Simulate a node failing",
              [](ReplayOptions& o, const std::string& v) { o.injections.nodes_failed.push_back(v); }},
    OptionRow{"op-inject", 'i', "OPSPEC", "synthetic",
              "Generate a failure for the cluster to react to in the simulation.\n"
              "See `Operation Specification` help for more information.",
              [](ReplayOptions& o, const std::string& v) { o.injections.operations.push_back(v); }},
    OptionRow{"op-fail", 'F', "OPSPEC", "synthetic",
              "If the specified task occurs during the simulation, have it fail with return code ${rc}.\n"
              "The transition will normally stop at the failed action.\n"
              "Save the result with --save-output and re-run with --xml-file.\n"
              "See `Operation Specification` help for more information.",
              [](ReplayOptions& o, const std::string& v) {
                want_simulation(o);
                o.failures.push_back(v);
              }},
    OptionRow{"set-datetime", 't', "DATETIME", "synthetic",
              "Set date/time (ISO 8601 format, see https://en.wikipedia.org/wiki/ISO_8601)",
              [](ReplayOptions& o, const std::string& v) { o.date = v; }},
    OptionRow{"quorum", 'q', "QUORUM", "synthetic", "Set to '1' (or 'true') to indicate cluster has quorum",
              [](ReplayOptions& o, const std::string& v) { o.injections.quorum = v; }},
    OptionRow{"watchdog", 'w', "DEVICE", "synthetic",
              "Set to '1' (or 'true') to indicate cluster has an active watchdog device",
              [](ReplayOptions& o, const std::string& v) { o.injections.watchdog = v; }},
    OptionRow{"ticket-grant", 'g', "TICKET", "synthetic", "Simulate granting a ticket",
              [](ReplayOptions& o, const std::string& v) { o.injections.tickets_granted.push_back(v); }},
    OptionRow{"ticket-revoke", 'r', "TICKET", "synthetic", "Simulate revoking a ticket",
              [](ReplayOptions& o, const std::string& v) { o.injections.tickets_revoked.push_back(v); }},
    OptionRow{"ticket-standby", 'b', "TICKET", "synthetic", "Simulate making a ticket standby",
              [](ReplayOptions& o, const std::string& v) { o.injections.tickets_standby.push_back(v); }},
    OptionRow{"ticket-activate", 'e', "TICKET", "synthetic", "Simulate activating a ticket",
              [](ReplayOptions& o, const std::string& v) { o.injections.tickets_activated.push_back(v); }},
    OptionRow{"save-input", 'I', "FILE", "artifact", "Save the input configuration to the named file",
              [](ReplayOptions& o, const std::string& v) { o.save_input = v; }},
    OptionRow{"save-output", 'O', "FILE", "artifact", "Save the output configuration to the named file",
              [](ReplayOptions& o, const std::string& v) { o.save_output = v; }},
    OptionRow{"save-graph", 'G', "FILE", "artifact", "Save the transition graph (XML format) to the named file",
              [](ReplayOptions& o, const std::string& v) {
                want_process(o);
                o.save_graph = v;
              }},
    OptionRow{"save-dotfile", 'D', "FILE", "artifact", "Save the transition graph (DOT format) to the named file",
              [](ReplayOptions& o, const std::string& v) {
                want_process(o);
                o.save_dot = v;
              }},
    OptionRow{"all-actions", 'a', "", "artifact",
              "Display all possible actions in DOT graph (even if not part of transition)",
              [](ReplayOptions& o, const std::string&) { o.all_actions = true; }},
    OptionRow{"live-check", 'L', "", "source", "Connect to CIB manager and use the current CIB contents as input",
              [](ReplayOptions& o, const std::string&) { o.source = ReplayOptions::Source::kLive; }},
    OptionRow{"xml-file", 'x', "FILE", "source", "Retrieve XML from the named file",
              [](ReplayOptions& o, const std::string& v) {
                o.source = v == "-" ? ReplayOptions::Source::kStandardInput : ReplayOptions::Source::kFile;
                o.input_file = v;
              }},
    OptionRow{"xml-pipe", 'p', "", "source", "Retrieve XML from stdin",
              [](ReplayOptions& o, const std::string&) { o.source = ReplayOptions::Source::kStandardInput; }},
    OptionRow{"output-as", 0, "FORMAT", "output", "Specify output format as one of: text (default), xml, json, none",
              [](ReplayOptions& o, const std::string& v) { o.output_as = v; }},
    OptionRow{"output-to", 0, "DEST", "output", "Specify file name for output (or \"-\" for stdout)",
              [](ReplayOptions& o, const std::string& v) { o.output_to = v; }},
    OptionRow{"version", '$', "", "application", "Display software version and exit",
              [](ReplayOptions& o, const std::string&) { o.version = true; }},
    OptionRow{"verbose", 'V', "", "application", "Increase debug output (may be specified multiple times)",
              [](ReplayOptions& o, const std::string&) { ++o.verbose; }},
    OptionRow{"quiet", 'Q', "", "application", "Display only essential output",
              [](ReplayOptions& o, const std::string&) { o.quiet = true; }},
    OptionRow{"help", 'h', "", "application", "Show help options",
              [](ReplayOptions& o, const std::string&) { o.help = ""; }},
    OptionRow{"help-all", 0, "", "", "", [](ReplayOptions& o, const std::string&) { o.help = "all"; }},
    OptionRow{"help-output", 0, "", "", "", [](ReplayOptions& o, const std::string&) { o.help = "output"; }},
    OptionRow{"help-operations", 0, "", "", "", [](ReplayOptions& o, const std::string&) { o.help = "operations"; }},
    OptionRow{"help-synthetic", 0, "", "", "", [](ReplayOptions& o, const std::string&) { o.help = "synthetic"; }},
    OptionRow{"help-artifact", 0, "", "", "", [](ReplayOptions& o, const std::string&) { o.help = "artifact"; }},
    OptionRow{"help-source", 0, "", "", "", [](ReplayOptions& o, const std::string&) { o.help = "source"; }},
};

const OptionRow* find_long(std::string_view name) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const OptionRow& r) { return r.name == name; });
  return row == kRows.end() ? nullptr : &*row;
}

const OptionRow* find_letter(char letter) {
  if (letter == '?') letter = 'h';
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const OptionRow& r) { return r.letter != 0 && r.letter == letter; });
  return row == kRows.end() ? nullptr : &*row;
}

class Parser {
 public:
  Parser(int argc, char** argv) : arguments_(argv + std::min(argc, 1), argv + argc) {}

  ParsedOptions run() {
    while (at_ < arguments_.size() && !result_.error) {
      const std::string argument = arguments_[at_++];
      if (argument == "--") break;
      if (argument.starts_with("--")) {
        long_option(argument.substr(2));
      } else if (argument.size() > 1 && argument[0] == '-' && is_number(argument)) {
        if (argument != "-INFINITY") result_.error = "Unknown option " + argument;
      } else if (argument.size() > 1 && argument[0] == '-') {
        letters(argument);
      } else {
        positional(argument);
      }
    }
    while (at_ < arguments_.size() && !result_.error) positional(arguments_[at_++]);
    return std::move(result_);
  }

 private:
  static bool is_number(const std::string& argument) {
    return (argument[1] >= '0' && argument[1] <= '9') || argument == "-INFINITY";
  }

  // A file given without option is the input, where no option names one.
  void positional(const std::string& argument) {
    if (result_.options.input_file.empty() && result_.options.source == ReplayOptions::Source::kStandardInput &&
        !input_named_) {
      result_.options.source = ReplayOptions::Source::kFile;
      result_.options.input_file = argument;
    }
  }

  void long_option(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const OptionRow* row = find_long(name);
    if (row == nullptr || (name.starts_with("help") && equals != std::string::npos)) {
      result_.error = "Unknown option --" + text;
      return;
    }
    if (row->value.empty()) {
      apply(*row, {}, {});
    } else if (equals != std::string::npos) {
      apply(*row, text.substr(equals + 1), "--" + name);
    } else {
      apply_next(*row, "--" + name);
    }
  }

  void letters(const std::string& text) {
    for (std::size_t i = 1; i < text.size() && !result_.error; ++i) {
      const OptionRow* row = find_letter(text[i]);
      if (row == nullptr) {
        result_.error = std::string("Unknown option -") + text[i];
        return;
      }
      if (row->value.empty()) {
        apply(*row, {}, {});
        continue;
      }
      const std::string rest = text.substr(i + 1);
      if (rest.empty()) {
        apply_next(*row, std::string("-") + text[i]);
      } else {
        result_.options.warnings.push_back("Deprecated argument format '-" + (text[i] + rest) + "' used.");
        result_.options.warnings.push_back("Please use '-" + std::string(1, text[i]) + " " + rest +
                                           "' instead.  Support will be removed in a future release.");
        apply(*row, rest, std::string("-") + text[i]);
      }
      return;
    }
  }

  void apply_next(const OptionRow& row, const std::string& shown) {
    if (at_ >= arguments_.size()) {
      result_.error = "Missing argument for " + shown;
      return;
    }
    apply(row, arguments_[at_++], shown);
  }

  // `shown`: the option as it was written.
  void apply(const OptionRow& row, const std::string& value, const std::string& shown) {
    if (row.group == "source") input_named_ = true;
    if (row.name == "repeat" && !is_integer(value)) {
      result_.error = "Cannot parse integer value “" + value + "” for " + shown;
      return;
    }
    row.apply(result_.options, value);
  }

  static bool is_integer(const std::string& text) {
    char* end = nullptr;
    std::strtol(text.c_str(), &end, 10);
    return !text.empty() && *end == '\0';
  }

  std::vector<std::string> arguments_;
  std::size_t at_ = 0;
  bool input_named_ = false;
  ParsedOptions result_;
};

std::string group_title(std::string_view group) {
  if (group == "output") return "Output Options:";
  if (group == "operations") return "Operations:";
  if (group == "synthetic") return "Synthetic Cluster Events:";
  if (group == "artifact") return "Artifact Options:";
  if (group == "source") return "Data Source:";
  return "Application Options:";
}

// The column of the explanations; those of several lines go on below it.
constexpr std::size_t kHelpColumn = 35;

void append_line(std::string& out, std::string line, std::string_view help) {
  line.resize(std::max<std::size_t>(line.size() + 1, kHelpColumn), ' ');
  out += line;
  for (const char c : help) {
    out += c;
    if (c == '\n') out.append(kHelpColumn, ' ');
  }
  out += '\n';
}

void append_group(std::string& out, std::string_view group) {
  out += "\n" + group_title(group) + "\n";
  for (const OptionRow& row : kRows) {
    if (row.group != group || row.name == "help") continue;
    std::string line = row.letter != 0 ? std::string("  -") + row.letter + ", --" : std::string("  --");
    line += row.name;
    if (!row.value.empty()) line += "=" + std::string(row.value);
    append_line(out, std::move(line), row.help);
  }
}

constexpr std::string_view kDescription =
    "\nOperation Specification:\n\n"
    "The OPSPEC in any command line option is of the form\n"
    "${resource}_${task}_${interval_in_ms}@${node}=${rc}\n"
    "(memcached_monitor_20000@bart.example.com=7, for example).\n"
    "${rc} is an OCF return code.  For more information on these\n"
    "return codes, refer to "
    "https://clusterlabs.org/pacemaker/doc/2.1/Pacemaker_Administration/html/agents.html#ocf-return-codes\n\n"
    "Examples:\n\n"
    "Pretend a recurring monitor action found memcached stopped on node\n"
    "fred.example.com and, during recovery, that the memcached stop\n"
    "action failed:\n\n"
    "\tcrm_simulate -LS --op-inject memcached:0_monitor_20000@bart.example.com=7 "
    "--op-fail memcached:0_stop_0@fred.example.com=1 --save-output /tmp/memcached-test.xml\n\n"
    "Now see what the reaction to the stop failed would be:\n\n"
    "\tcrm_simulate -S --xml-file /tmp/memcached-test.xml\n\n";

}  // namespace

ParsedOptions parse_replay_options(int argc, char** argv) { return Parser(argc, argv).run(); }

std::string replay_help(const std::string& program, const std::string& group) {
  std::string out =
      "Usage:\n  " + program + " [OPTION?]\n\n" + program + " - simulate a Pacemaker cluster's response to events\n";
  const bool whole = group.empty() || group == "all";
  if (whole) {
    out += "\nHelp Options:\n";
    append_line(out, "  -h, --help", "Show help options");
    append_line(out, "  --help-all", "Show all help options");
    append_line(out, "  --help-output", "Show output help");
    append_line(out, "  --help-operations", "Show operations options");
    append_line(out, "  --help-synthetic", "Show synthetic cluster event options");
    append_line(out, "  --help-artifact", "Show artifact options");
    append_line(out, "  --help-source", "Show data source options");
  }
  for (const std::string_view each : {"output", "operations", "synthetic", "artifact", "source"}) {
    if (group == "all" || group == each) append_group(out, each);
  }
  if (whole) append_group(out, "application");
  out += kDescription;
  out += '\n';
  return out;
}

}  // namespace simcluster::tools
