#include "sim/scenario/operations.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "commands/shell_questions.h"
#include "engine/agents/fence_agents.h"
#include "engine/node/node.h"
#include "sim/faults/machine_action.h"
#include "sim/kernel/kernel.h"
#include "sim/scenario/agent_by_hand.h"
#include "sim/scenario/report_typed.h"
#include "sim/scenario/screen.h"
#include "sim/scenario/tool_run.h"

namespace simcluster::sim {

namespace {

Result<node::Node*> running_node(Machine& machine) {
  if (node::Node* node = machine.node(); node != nullptr) return node;
  return fail(fmt::format("the cluster software does not run on {}", machine.name()));
}

std::vector<std::string> split_on_blanks(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto blank = text.find(' ');
    if (blank != 0) words.emplace_back(text.substr(0, blank));
    text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  }
  return words;
}

// -o ACTION -a ADDRESS -l LOGIN -p PASSWORD -n PLUG, as fence-agents take them (AT-5.2).
Result<AgentRequest> parse_fence_command(std::string_view command) {
  const std::vector<std::string> words = split_on_blanks(command);
  AgentRequest request;
  request.standard = "stonith";
  request.action = "reboot";
  if (words.empty()) return fail("a fence agent and its options are missing");
  request.type = words[0];
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOptions = {
      {{"-a", "ip"}, {"-l", "username"}, {"-p", "password"}, {"-n", "plug"}}};
  for (std::size_t i = 1; i < words.size(); i += 2) {
    const auto option =
        std::find_if(kOptions.begin(), kOptions.end(), [&](const auto& o) { return o.first == words[i]; });
    if (i + 1 == words.size()) return fail(fmt::format("{} needs a value", words[i]));
    if (words[i] == "-o") {
      request.action = words[i + 1];
    } else if (option == kOptions.end()) {
      return fail(fmt::format("{} is no option of {} (expected -o, -a, -l, -p or -n)", words[i], words[0]));
    } else {
      request.parameters.emplace_back(option->second, words[i + 1]);
    }
  }
  request.parameters.emplace_back("stand_alone", "1");
  return request;
}

class OperatorCommand : public MachineAction {
 public:
  TraceKind kind() const override { return TraceKind::kOperator; }

 protected:
  void describe_node(Fields& fields) {
    fields.reference(required("node", "the node on which it is typed"), node_, Reference::kClusterNode);
  }
};

// CM-13.13: asks the DC every second until it is idle.
void when_idle(World& world, const std::function<void()>& then) {
  world.at(world.now() + seconds(1), [&world, then] {
    for (std::size_t i = 0; i < world.machine_count(); ++i) {
      const auto manager = world.machine(NodeIndex(static_cast<NodeIndex::rep>(i))).manager();
      if (!manager || !manager->is_dc || manager->state != "S_IDLE") continue;
      then();
      return;
    }
    when_idle(world, then);
  });
}

void return_when_idle(World& world, NodeIndex machine, const std::string& text) {
  when_idle(world, [&world, machine, text] { world.tracer().emit(machine, TraceKind::kNote, {{"text", text}}); });
}

// The other half of a restart: asks every second whether the cluster software has ended.
void start_when_stopped(World& world, NodeIndex machine) {
  world.at(world.now() + seconds(1), [&world, machine] {
    if (world.machine(machine).power() != PowerState::kUp) return;
    if (world.machine(machine).cluster_running()) return start_when_stopped(world, machine);
    static_cast<void>(world.machine(machine).start_cluster());
  });
}

// crm resource restart R: stops it, waits until the cluster has settled, starts it again.
Result<void> restart_resource(World& world, Machine& machine, const std::string& resource) {
  const auto node = running_node(machine);
  if (!node) return tl::unexpected(node.error());
  const auto stopped = (*node)->crm("resource stop " + resource);
  if (!stopped) return tl::unexpected(stopped.error());
  const auto orders = [&world, &machine, resource](std::string_view what) {
    world.tracer().emit(machine.index(), TraceKind::kScreen,
                        {{"command", "crm resource restart " + resource},
                         {"text", fmt::format("INFO: ordering {} to {}\n", resource, what)}});
  };
  orders("stop");
  when_idle(world, [&machine, resource, orders] {
    const auto still = running_node(machine);
    if (!still) return;
    orders("start");
    static_cast<void>((*still)->crm("resource start " + resource));
  });
  return {};
}

// crm status [WORD...]: crm_mon as crmsh 4.4 calls it (black-box runs).
Result<std::string> status_screen(std::string_view words) {
  struct Word {
    std::string_view name, options;
  };
  static constexpr std::array<Word, 11> kWords = {{{"bynode", " -n"},
                                                   {"inactive", " -r"},
                                                   {"noheaders", " -D"},
                                                   {"brief", " -b"},
                                                   {"simple", " -s"},
                                                   {"ops", " -o"},
                                                   {"timing", " -t"},
                                                   {"failcounts", " -f"},
                                                   {"detail", " -R"},
                                                   {"full", " -rnot"},
                                                   {"xml", " --output-as=xml"}}};
  if (words.empty()) return std::string("crm_mon -1 -r");
  std::string command = "crm_mon -1";
  while (!words.empty()) {
    const std::string_view name = words.substr(0, words.find(' '));
    const auto word = std::find_if(kWords.begin(), kWords.end(), [&](const Word& known) { return known.name == name; });
    if (word == kWords.end()) return fail(fmt::format("\"{}\" is no word of crm status", name));
    command += word->options;
    words.remove_prefix(std::min(words.size(), name.size() + 1));
  }
  return command;
}

// crm cluster start, stop, restart and wait_for_startup, on the node where it is typed.
Result<void> cluster_command(World& world, Machine& machine, std::string_view verb) {
  if (verb == "start") return machine.start_cluster();
  if (verb == "stop" || verb == "restart") {
    if (const auto node = running_node(machine); !node) return tl::unexpected(node.error());
    machine.stop_cluster();
    if (verb == "restart") start_when_stopped(world, machine.index());
    return {};
  }
  return fail(fmt::format(
      "\"crm cluster {}\" cannot be done in a scenario; expected start, stop, restart or wait_for_startup", verb));
}

// What follows the word and a blank; nothing when `command` does not begin with that word.
std::optional<std::string_view> after_word(std::string_view command, std::string_view word) {
  if (!command.starts_with(word)) return std::nullopt;
  command.remove_prefix(word.size());
  if (command.empty()) return command;
  if (command.front() != ' ') return std::nullopt;
  return command.substr(1);
}

// crm resource ..., crm node ..., crm configure ..., with -w before it: waits until the cluster has settled.
class CrmCommand final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.text(required("command", "what follows \"crm\", such as: resource cleanup vip01"), command_);
  }
  std::string text() const override { return "crm " + command_; }
  bool needs_records() const override { return is_report_command(text()); }
  Result<void> apply_to(World& world, Machine& machine) const override {
    const auto waited = after_word(command_, "-w");
    const std::string_view command = waited.value_or(command_);
    if (needs_records()) return run_report(world, machine, text());
    if (const auto questions = commands::questions_of_shell(split_on_blanks(command)); !questions.empty()) {
      for (const commands::Arguments& question : questions)
        if (auto done = run_tool_words(world, machine, question); !done) return done;
      return {};
    }
    if (const auto words = after_word(command, "status")) return show_status(world, machine, *words);
    if (const auto verb = after_word(command, "cluster")) {
      if (*verb == "wait_for_startup") return wait_for_startup(world, machine);
      return cluster_command(world, machine, *verb);
    }
    const auto node = running_node(machine);
    if (!node) return tl::unexpected(node.error());
    if (const auto resource = after_word(command, "resource restart"))
      return restart_resource(world, machine, std::string(*resource));
    const auto done = (*node)->crm(command);
    if (!done) return tl::unexpected(done.error());
    answer(world, machine.index(), *done);
    if (!waited) return {};
    const std::string returns = fmt::format("crm {} returns", command_);
    if (machine.spec().profile.crm_shell_waits)
      return_when_idle(world, machine.index(), returns);
    else
      world.tracer().emit(machine.index(), TraceKind::kNote, {{"text", returns}});
    return {};
  }

 private:
  void answer(World& world, NodeIndex machine, std::string_view output) const {
    if (!output.empty()) world.tracer().emit(machine, TraceKind::kScreen, {{"command", text()}, {"text", output}});
  }
  Result<void> show_status(World& world, Machine& machine, std::string_view words) const {
    const auto command = status_screen(words);
    if (!command) return tl::unexpected(command.error());
    const auto output = screen_text(world, machine, *command);
    if (!output) return tl::unexpected(output.error());
    answer(world, machine.index(), *output);
    return {};
  }
  // Answers when there is a DC and it is idle.
  Result<void> wait_for_startup(World& world, Machine& machine) const {
    when_idle(world, [&world, index = machine.index(), command = text()] {
      const auto output = screen_text(world, world.machine(index), "crm_mon -1 -bD");
      if (output) world.tracer().emit(index, TraceKind::kScreen, {{"command", command}, {"text", *output}});
    });
    return {};
  }

  std::string command_;
};

// crm configure load update|replace, or edit and commit.
class LoadConfiguration final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.one_of({"crm", "crm-file"});
    fields.block({"crm", "crm shell text"}, text_);
    fields.file({"crm-file", "a file with crm shell text"}, text_);
    static constexpr std::array<std::string_view, 2> kMethods = {"update", "replace"};
    fields.choice({"method", "update (when absent) or replace"}, method_, kMethods);
  }
  std::string text() const override {
    return fmt::format("crm configure load {}:\n{}", method_ == 0 ? "update" : "replace", text_.text);
  }
  Result<void> apply_to(World&, Machine& machine) const override {
    const auto node = running_node(machine);
    if (!node) return tl::unexpected(node.error());
    return (*node)->load_crm_shell(text_.text, text_.place.file,
                                   method_ == 0 ? node::LoadMethod::kUpdate : node::LoadMethod::kReplace);
  }

 private:
  TextBlock text_;
  std::size_t method_ = 0;
};

// crm configure edit ID...: what is changed in the editor, as a script of sed.
class EditConfiguration final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.list({"objects", "what is edited; absent: everything"}, objects_,
                [&](std::string& name, const std::string&) { fields.text({}, name); });
    fields.text(required("sed", "what happens to the text: s/EXPRESSION/TEXT/ or d, with /EXPRESSION/ before it"),
                script_);
  }
  std::string text() const override { return fmt::format("crm configure edit{} ({})", names(), script_); }
  Result<void> apply_to(World&, Machine& machine) const override {
    const auto node = running_node(machine);
    if (!node) return tl::unexpected(node.error());
    const auto done = (*node)->crm(fmt::format("configure edit \"sed {}\"{}", script_, names()));
    return done ? Result<void>() : tl::unexpected(done.error());
  }

 private:
  std::string names() const {
    std::string all;
    for (const std::string& object : objects_) all += " " + object;
    return all;
  }

  std::vector<std::string> objects_;
  std::string script_;
};

class CibadminCommand final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.choice(required("change", "create, modify, replace or delete"), change_, kChanges);
    fields.text({"section", "resources, constraints, crm_config, nodes, status ..."}, section_);
    fields.block(required("xml", "the element"), xml_);
  }
  std::string text() const override {
    return fmt::format("cibadmin --{}{}{} -X '{}'", kChanges[change_], section_.empty() ? "" : " -o ", section_,
                       xml_.text);
  }
  Result<void> apply_to(World&, Machine& machine) const override {
    const auto node = running_node(machine);
    if (!node) return tl::unexpected(node.error());
    return (*node)->change_cib(static_cast<node::CibChange>(change_), section_, xml_.text);
  }

 private:
  static constexpr std::array<std::string_view, 4> kChanges = {"create", "modify", "replace", "delete"};
  std::size_t change_ = 0;
  std::string section_;
  TextBlock xml_;
};

// stonith_admin --confirm NODE ...
class StonithAdmin final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.text(required("command",
                         "what follows \"stonith_admin\": --confirm, --reboot, --off, --on, --history, --last or "
                         "-l and a node, -s or -Q and a device, -L"),
                command_);
  }
  std::string text() const override { return "stonith_admin " + command_; }
  Result<void> apply_to(World& world, Machine& machine) const override {
    const auto node = running_node(machine);
    if (!node) return tl::unexpected(node.error());
    const auto question = reports::parse_fencing_question(text());
    if (!question) return tl::unexpected(question.error());
    if (*question && (*question)->about_devices()) return show_devices(world, machine, **question);
    const auto output = *question ? fencing_screen(machine, **question) : (*node)->stonith_admin(command_);
    if (!output) return tl::unexpected(output.error());
    if (!output->empty())
      world.tracer().emit(machine.index(), TraceKind::kScreen, {{"command", text()}, {"text", *output}});
    return {};
  }

 private:
  std::string command_;
};

// meatclient -c NODE: someone says that he has power-cycled it.
class Meatclient final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.reference(required("confirms", "the node that has been power-cycled"), target_, Reference::kClusterNode);
  }
  std::string text() const override { return "meatclient -c " + target_; }
  Result<void> apply_to(World&, Machine& machine) const override {
    machine.kernel().files().write(agents::meatware_answer_file(target_), "");
    return {};
  }

 private:
  std::string target_;
};

// A fence agent typed by hand: fence_vbox -o status -a 192.168.3.10 -l hauser -p secret -n CentOS83-2
class FenceAgentCommand final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    fields.reference(required("node", "the machine on which it is typed"), node_, Reference::kMachine);
    fields.text(
        required("command", "the agent and its options, such as: fence_vbox -o list -a ADDRESS -l USER -p PASSWORD"),
        command_);
    if (auto checked = parse_fence_command(command_); !checked)
      fields.fail(fields.place("command"), checked.error().message);
  }
  std::string text() const override { return command_; }
  Result<void> apply_to(World&, Machine& machine) const override {
    auto request = parse_fence_command(command_);
    if (!request) return tl::unexpected(request.error());
    return machine.run_by_hand(*request, command_);
  }

 private:
  std::string command_;
};

class AttributeCommand final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.text(required("name", "the attribute"), name_);
    fields.text({"value", "absent: the attribute is deleted"}, value_);
    deleted_ = !fields.given("value");
    fields.duration({"dampen", "how long further changes are waited for"}, dampen_);
  }
  std::string text() const override {
    return fmt::format("attrd_updater -n {} {}", name_, deleted_ ? "-D" : "-U " + value_);
  }
  Result<void> apply_to(World&, Machine& machine) const override {
    const auto node = running_node(machine);
    if (!node) return tl::unexpected(node.error());
    (*node)->update_attribute(name_, deleted_ ? std::optional<std::string_view>() : value_, dampen_);
    return {};
  }

 private:
  std::string name_;
  std::string value_;
  bool deleted_ = false;
  Duration dampen_;
};

// A client on another machine, connected to the CIB manager over the network (CM-13.1).
class RemoteCibClient final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.reference(required("from", "the machine where the client runs"), from_, Reference::kMachine);
  }
  std::string text() const override { return fmt::format("a client on {} connects to the CIB manager", from_); }
  Result<void> apply_to(World& world, Machine& machine) const override {
    const auto node = running_node(machine);
    if (!node) return tl::unexpected(node.error());
    const NodeIndex from = world.find_machine(from_);
    (*node)->connect_remote_client([&world, from] { return world.machine(from).power() == PowerState::kUp; });
    return {};
  }

 private:
  std::string from_;
};

class RemoveFile final : public MachineAction {
 public:
  void describe(Fields& fields) override {
    describe_machine(fields);
    fields.text(required("path", "the file"), path_);
  }
  TraceKind kind() const override { return TraceKind::kOperator; }
  std::string text() const override { return "rm " + path_; }
  Result<void> apply_to(World&, Machine& machine) const override {
    if (machine.kernel().files().remove(path_)) return {};
    return fail(fmt::format("there is no file {} on {}", path_, machine.name()));
  }

 private:
  std::string path_;
};

class Note final : public Action {
 public:
  bool short_form() const override { return true; }
  void describe(Fields& fields) override { fields.text({}, text_); }
  TraceKind kind() const override { return TraceKind::kNote; }
  std::string text() const override { return text_; }
  Result<void> apply(World&) const override { return {}; }

 private:
  std::string text_;
};

class Screen final : public MachineAction {
 public:
  void describe(Fields& fields) override {
    describe_machine(fields);
    fields.text({"command", "the status tool and its options, crm_mon -1 -Af when absent"}, command_);
    if (auto checked = check_screen(command_); !checked) fields.fail(fields.place("command"), checked.error().message);
  }
  TraceKind kind() const override { return TraceKind::kScreen; }
  std::string text() const override { return command_; }
  Result<void> apply_to(World& world, Machine& machine) const override {
    const auto output = screen_text(world, machine, command_);
    if (!output) return tl::unexpected(output.error());
    world.tracer().emit(machine.index(), TraceKind::kScreen, {{"command", command_}, {"text", *output}});
    return {};
  }

 private:
  std::string command_ = "crm_mon -1 -Af";
};

// cibadmin, crm_resource and so on, typed on a node.
class ToolCommand final : public OperatorCommand {
 public:
  void describe(Fields& fields) override {
    describe_node(fields);
    fields.text(required("command", "the tool and its options, such as: crm_resource --ban -r test -N node1"),
                command_);
    if (is_report_command(command_)) return;
    if (auto checked = check_tool(command_); !checked) fields.fail(fields.place("command"), checked.error().message);
  }
  // Told with what it prints.
  TraceKind kind() const override { return TraceKind::kScreen; }
  std::string text() const override { return command_; }
  bool needs_records() const override { return is_report_command(command_); }
  Result<void> apply_to(World& world, Machine& machine) const override {
    return is_report_command(command_) ? run_report(world, machine, command_) : run_tool(world, machine, command_);
  }

 private:
  std::string command_;
};

constexpr std::array kTypes = {
    ActionType{"crm", "someone types a crm shell command", make_action<CrmCommand>},
    ActionType{"load", "someone changes the configuration with crm configure", make_action<LoadConfiguration>},
    ActionType{"edit", "someone changes objects with crm configure edit", make_action<EditConfiguration>},
    ActionType{"tool", "someone types one of the cluster's tools", make_action<ToolCommand>},
    ActionType{"cibadmin", "someone changes the CIB with cibadmin", make_action<CibadminCommand>},
    ActionType{"stonith-admin", "someone fences, or confirms that a node is off", make_action<StonithAdmin>},
    ActionType{"meatclient", "someone confirms to the plugin meatware that a node is off", make_action<Meatclient>},
    ActionType{"fence-agent", "someone runs a fence agent by hand", make_action<FenceAgentCommand>},
    ActionType{"resource-agent", "someone runs a resource agent by hand", make_action<AgentByHand>},
    ActionType{"attribute", "someone sets a node attribute with attrd_updater", make_action<AttributeCommand>},
    ActionType{"remote-cib-client", "a client on another machine connects to the CIB manager",
               make_action<RemoteCibClient>},
    ActionType{"remove-file", "someone removes a file", make_action<RemoveFile>},
    ActionType{"note", "the scenario's own words in the story", make_action<Note>},
    ActionType{"screen", "someone looks at a status tool", make_action<Screen>},
};

}  // namespace

std::span<const ActionType> operation_types() { return kTypes; }

}  // namespace simcluster::sim
