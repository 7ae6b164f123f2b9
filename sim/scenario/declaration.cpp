#include <array>

#include <fmt/core.h>

#include "sim/faults/interface_faults.h"
#include "sim/scenario/declare_agents.h"
#include "sim/scenario/declare_events.h"
#include "sim/scenario/draft.h"

namespace simcluster::sim {

namespace {

constexpr std::array<std::string_view, 2> kNetworkKinds = {"switch", "cable"};

void declare_network(Fields& fields, SegmentSpec& segment) {
  std::size_t kind = static_cast<std::size_t>(segment.kind);
  fields.choice({"kind", "a switch (when absent), or a cable that joins two interfaces directly"}, kind, kNetworkKinds);
  segment.kind = static_cast<SegmentKind>(kind);
  describe_quality(fields, segment.quality);
}

void declare_trunk(Fields& fields, TrunkDraft& draft, const std::string& name) {
  draft.place = fields.place("");
  draft.trunk.name = name;
  fields.list(required("between", "the two switches"), draft.trunk.between,
              [&](std::string& end, const std::string&) { fields.reference({}, end, Reference::kNetwork); });
  describe_quality(fields, draft.trunk.quality);
}

void declare_interface(Fields& fields, InterfaceDraft& draft, const std::string& name) {
  InterfaceSpec& spec = draft.spec;
  spec.name = name;
  draft.place = fields.place("");
  fields.reference({"network", "the network that it is plugged into; absent: no cable"}, spec.segment,
                   Reference::kNetwork);
  std::vector<AddressPrefix> addresses;
  fields.list(
      {"address", "addresses configured at boot, such as 192.168.4.11/24"}, addresses,
      [&](AddressPrefix& address, const std::string&) { fields.prefix({}, address); }, Style::kOneOrMany);
  for (const auto& address : addresses) spec.addresses.push_back({address.address, address.length, {}});
  fields.list({"slaves", "makes it an active-backup bond of these interfaces, the first one active"}, spec.slaves,
              [&](std::string& slave, const std::string&) { fields.text({}, slave); });
  fields.text({"mac", "hardware address; absent: made from machine and interface"}, spec.mac);
  fields.number({"mtu", "1500 when absent"}, spec.mtu, 68, 65536);
  fields.boolean({"up", "brought up at boot, true when absent"}, spec.up);
}

void declare_route(Fields& fields, RouteSpec& route) {
  AddressPrefix to;
  fields.prefix({"to", "destination network; absent: the default route"}, to);
  route.destination = to.address;
  route.prefix_length = to.length;
  fields.address({"via", "the gateway"}, route.via);
  fields.text({"interface", "the interface; absent: found by the gateway"}, route.device);
  fields.number({"metric", "0 when absent"}, route.metric, 0, 1'000'000);
}

void declare_management(Fields& fields, MachineSpec& spec) {
  fields.object({"management", "lets others switch machines: a shell with VBoxManage, or an IPMI controller"}, [&] {
    ManagementSpec management;
    static constexpr std::array<std::string_view, 2> kServices = {"ssh", "ipmi"};
    std::size_t service = 0;
    fields.choice({"service", "ssh (when absent) or ipmi"}, service, kServices);
    management.service = static_cast<agents::RemoteService>(service);
    fields.text(required("login", "the user's name"), management.login);
    fields.text(required("password", "the user's password"), management.password);
    fields.map(required("machines", "the machines by their names on this host; for ipmi the first one"),
               management.machines, [&](ManagedMachine& managed, const std::string& name) {
                 fields.object({}, [&] {
                   managed.name = name;
                   fields.reference(required("machine", "the machine of the scenario"), managed.machine,
                                    Reference::kMachine);
                   fields.text({"uuid", "of the virtual machine"}, managed.uuid);
                 });
               });
    fields.duration({"response", "from a question to its answer, 250ms when absent"}, management.response);
    spec.management = std::move(management);
  });
}

void declare_machine(Fields& fields, MachineDraft& draft, const std::string& name) {
  draft.name = name;
  draft.place = fields.place("");
  MachineSpec& spec = draft.spec;
  fields.map(required("interfaces", "network interfaces by name, in the order of their numbers"), draft.interfaces,
             [&](InterfaceDraft& item, const std::string& key) {
               fields.object({}, [&] { declare_interface(fields, item, key); });
             });
  fields.list({"routes", "static routes"}, draft.routes,
              [&](RouteSpec& item, const std::string&) { fields.object({}, [&] { declare_route(fields, item); }); });
  fields.pairs({"sysctls", "kernel settings, such as net.ipv4.conf.all.promote_secondaries: 1"}, spec.sysctls);
  fields.pairs({"files", "files on its disk, such as /etc/corosync/authkey, with their content"}, spec.files);
  fields.boolean({"power", "switched on at the start of the run, true when absent"}, spec.power_on);
  fields.duration({"boot-delay", "from power on until the kernel is up, 40s when absent"}, spec.boot_delay);
  declare_management(fields, spec);
}

void declare_traffic(Fields& fields, MachineSpec& spec) {
  fields.object({"traffic",
                 "a process on the node that sends messages to a closed process group; those of other nodes "
                 "listen"},
                [&] {
                  TrafficSpec traffic;
                  traffic.burst = 1;
                  fields.number({"burst", "messages at a time, 1 when absent"}, traffic.burst, 0, 10'000);
                  fields.duration({"every", "from one time to the next, 100ms when absent"}, traffic.interval);
                  if (traffic.interval.ns <= 0)
                    fields.fail(fields.place("every"), "the time between messages must be longer than 0s");
                  fields.duration({"offset", "first time, after the cluster software has started"}, traffic.offset);
                  fields.number({"size", "bytes of a message, 64 when absent"}, traffic.size, 32, 1'000'000);
                  std::optional<std::int64_t> count;
                  fields.number({"count", "in all; absent: as long as the node runs"}, count, 1, 1'000'000'000);
                  if (count) traffic.count = static_cast<std::uint64_t>(*count);
                  spec.traffic = traffic;
                });
}

void declare_versions(Fields& fields, StackVersions& versions, SourcePlace& place, std::string_view help) {
  fields.object({"stack", help}, [&] {
    place = fields.place("");
    for (std::size_t i = 0; i < kStackComponentCount; ++i) {
      const auto component = static_cast<StackComponent>(i);
      static constexpr std::array<std::string_view, kStackComponentCount> kHelp = {
          "version of the kernel, such as 2.6.18-348",
          "version of resource-agents, such as 3.9.5-1",
          "version of Corosync, such as 1.4.6",
          "version of Pacemaker, such as 1.0.13, or none: Corosync alone",
          "version of cluster-glue, such as 1.0.9",
          "version of pm_extras (diskd, ifcheckd), such as 2.1; none when absent",
          "version of Heartbeat, which then carries the cluster instead of Corosync, such as 3.0.5; none when absent",
          "set-up of NetworkManager: none, default or config-server"};
      fields.text({stack_component_name(component), kHelp[i]}, versions.of(component));
    }
  });
}

void declare_node(Fields& fields, MachineDraft& draft, const std::string& name) {
  declare_machine(fields, draft, name);
  MachineSpec& spec = draft.spec;
  declare_versions(fields, draft.stack, draft.stack_place, "versions on this node that differ from the scenario's");
  fields.number({"id", "Corosync's node id; absent: counted from 1"}, draft.id, 1, 0xfffffffeLL);
  fields.boolean({"start-cluster", "the cluster software starts with the run, true when absent"},
                 spec.start_cluster_at_boot);
  fields.boolean({"start-cluster-after-reset", "it starts again after a reset, false when absent"},
                 spec.start_cluster_after_reset);
  fields.duration({"start-delay", "from the kernel being up until the cluster software starts"},
                  spec.cluster_start_delay);
  fields.block({"corosync", "a corosync.conf for this node alone"}, draft.corosync);
  fields.text({"auth-key", "content of Corosync's key; absent: frames are not authenticated"}, spec.auth_key);
  declare_traffic(fields, spec);
  fields.duration({"watchdog", "resets the machine this long after the cluster software has crashed; absent: none"},
                  spec.watchdog);
  fields.number({"cores", "of its processor, 4 when absent"}, spec.cores, 1, 4096);
  fields.text({"uuid", "the node's UUID on the Heartbeat stack, as crm_uuid shows it"}, spec.uuid);
  fields.boolean({"fail-fast", "PCMK_fail_fast: a failed daemon of Pacemaker resets the machine, false when absent"},
                 spec.fail_fast);
  fields.duration({"restart-after-crash",
                   "the service manager starts crashed cluster software again after this time; absent: "
                   "never"},
                  spec.restart_after_crash);
}

constexpr std::array<std::string_view, 3> kIgnored = {"nothing", "TERM", "KILL"};

// What the simulated kernels can mount.
constexpr std::array<std::string_view, 9> kFileSystems = {"ext4", "ext3", "ext2",  "xfs",     "jfs",
                                                          "gfs",  "gfs2", "ocfs2", "reiserfs"};

void declare_storage(Fields& fields, StorageDraft& draft, const std::string& name) {
  draft.place = fields.place("");
  draft.spec.name = name;
  fields.text({"device", "its path on the machines, /dev/sdb1 when absent"}, draft.spec.device);
  if (!draft.spec.device.starts_with("/dev/"))
    fields.fail(fields.place("device"), "the path of a block device begins with /dev/");
  std::size_t type = 0;
  fields.choice({"file-system",
                 "what it is formatted with, ext4 when absent; gfs, gfs2 and ocfs2 may be mounted by "
                 "several machines at once, others are damaged by it"},
                type, kFileSystems);
  draft.spec.file_system = kFileSystems[type];
  fields.list(
      required("on", "the machines that it is attached to"), draft.spec.machines,
      [&](std::string& machine, const std::string&) { fields.reference({}, machine, Reference::kMachine); },
      Style::kOneOrMany);
}

void declare_process(Fields& fields, ProcessDraft& draft, const std::string& name) {
  draft.name = name;
  fields.reference(required("on", "the machine that it runs on"), draft.on, Reference::kMachine);
  fields.one_of({"reads", "pings", "holds"});
  static constexpr std::array<std::string_view, 1> kFiles = {"/proc/net/dev"};
  std::size_t file = 0;
  fields.choice({"reads", "a file that it reads line by line, as a monitoring tool does"}, file, kFiles);
  if (fields.given("reads")) draft.reads = kFiles[file];
  fields.address({"pings", "an address that it pings"}, draft.pings);
  fields.text({"holds", "a directory in which it keeps a file open as soon as something is mounted there"},
              draft.holds);
  fields.choice({"ignores", "of one that holds a directory: nothing (when absent), TERM, or KILL - no signal ends it"},
                draft.ignores, kIgnored);
  fields.duration({"every", "from one reading or request to the next, 1s when absent"}, draft.every);
  if (draft.every.ns < microseconds(100).ns)
    fields.fail(fields.place("every"), "a process can do this at most every 100us");
  fields.duration({"offset", "first time after boot"}, draft.offset);
  fields.boolean({"print", "its lines of output go to the story, true when absent"}, draft.print);
}

void declare_stack(Fields& fields, Draft& draft) {
  declare_versions(
      fields, draft.stack, draft.stack_place,
      "versions of the software, Debian 12's when absent; a distribution's name such as rhel5.9 stands for its "
      "kernel");
  // What carries Heartbeat's messages here speaks as in its days.
  if (draft.stack.heartbeat != StackVersions().heartbeat && draft.stack.corosync == usual_versions().corosync)
    draft.stack.corosync = StackVersions().corosync;
}

void declare_costs(Fields& fields, KernelKnobs& knobs) {
  fields.object({"kernel-costs", "what the kernel's work costs in virtual time"}, [&] {
    fields.duration({"proc-net-dev-line", "one line of /proc/net/dev, 100us when absent"}, knobs.proc_net_dev_line);
    fields.duration({"proc-net-dev-jitter", "random addition per line, up to this"}, knobs.proc_net_dev_jitter);
    fields.duration({"script-start-least", "from fork to the first line of a shell script"}, knobs.script_start.least);
    fields.duration({"script-start-most", "the upper bound of it"}, knobs.script_start.most);
    fields.duration({"command-least", "one small external command"}, knobs.command.least);
    fields.duration({"command-most", "the upper bound of it"}, knobs.command.most);
    fields.duration({"timer-slack", "a process is woken up to this much after its timer was due, 0 when absent"},
                    knobs.timer_slack);
    if (knobs.script_start.most < knobs.script_start.least)
      fields.fail(fields.place("script-start-most"), "the upper bound is below the lower bound");
    if (knobs.command.most < knobs.command.least)
      fields.fail(fields.place("command-most"), "the upper bound is below the lower bound");
  });
}

void declare_configuration(Fields& fields, ConfigurationDraft& draft) {
  fields.object({"configuration", "the cluster's configuration"}, [&] {
    draft.place = fields.place("");
    fields.one_of({"crm", "crm-file", "cib", "cib-file"}, true);
    fields.map(
        {"crm", "crm shell text, in one piece or in named pieces that variants can replace"}, draft.crm,
        [&](TextBlock& piece, const std::string& name) {
          fields.block({}, piece);
          piece.name = name;
        },
        Style::kOneOrMany);
    fields.file({"crm-file", "a file with crm shell text"}, draft.crm_file);
    fields.block({"cib", "a CIB as XML"}, draft.cib);
    fields.file({"cib-file", "a file with a CIB as XML"}, draft.cib_file);
    fields.one_of({"corosync", "corosync-file", "rings"}, true);
    fields.block({"corosync", "a corosync.conf; absent: derived from the networks in \"rings\""}, draft.corosync);
    fields.file({"corosync-file", "a file with a corosync.conf"}, draft.corosync_file);
    fields.list({"rings", "networks that carry the membership protocol; absent: the last one that all nodes are in"},
                draft.rings,
                [&](std::string& name, const std::string&) { fields.reference({}, name, Reference::kNetwork); });
    draft.rings_place = fields.place("rings");
  });
}

void declare_body(Fields& fields, Draft& draft) {
  fields.text({"title", "what the scenario or variant shows, in one line"}, draft.title);
  fields.integer({"seed", "seed of everything random, 1 when absent"}, draft.seed, 0,
                 std::numeric_limits<std::int64_t>::max());
  Time start;
  fields.instant({"start", "virtual date and time of the start, UTC"}, start);
  if (fields.given("start")) draft.start = start;
  fields.duration({"until", "length of the run, 10m when absent"}, draft.until);
  if (draft.until.ns <= 0) fields.fail(fields.place("until"), "a run must last longer than 0s");
  declare_stack(fields, draft);
  declare_costs(fields, draft.knobs);
  fields.map(required("networks", "networks by name"), draft.networks,
             [&](NetworkDraft& item, const std::string& name) {
               item.segment.name = name;
               fields.object({}, [&] { declare_network(fields, item.segment); });
             });
  fields.map({"trunks", "what joins switches to one network, by name; switches must not form a loop"}, draft.trunks,
             [&](TrunkDraft& item, const std::string& name) {
               fields.object({}, [&] { declare_trunk(fields, item, name); });
             });
  fields.map(required("nodes", "cluster nodes by name"), draft.nodes, [&](MachineDraft& item, const std::string& name) {
    fields.object({}, [&] { declare_node(fields, item, name); });
  });
  fields.map({"hosts", "other machines by name"}, draft.hosts, [&](MachineDraft& item, const std::string& name) {
    fields.object({}, [&] { declare_machine(fields, item, name); });
  });
  fields.map({"storage", "block devices by name, of one machine or shared by several"}, draft.storage,
             [&](StorageDraft& item, const std::string& name) {
               fields.object({}, [&] { declare_storage(fields, item, name); });
             });
  declare_configuration(fields, draft.configuration);
  fields.map({"agent-scripts",
              "resource agents that are run as scripts, by name (ocf:heartbeat:IPaddr2), with the script's file; "
              "needs root or user namespaces"},
             draft.scripts, [&](ScriptDraft& item, const std::string& name) {
               item.agent = name;
               item.place = fields.place("");
               fields.file({}, item.script);
             });
  declare_agents(fields, draft.agents);
  fields.map({"processes", "programs that are not part of the cluster, by name"}, draft.processes,
             [&](ProcessDraft& item, const std::string& name) {
               fields.object({}, [&] { declare_process(fields, item, name); });
             });
  declare_timeline(fields, draft);
  declare_expectations(fields, draft);
  declare_story(fields, draft.story);
}

}  // namespace

void declare_scenario(Fields& fields, Draft& draft) {
  std::vector<std::string> names;
  const auto text_item = [&](std::string& name, const std::string&) { fields.text({}, name); };
  fields.list({"include", "files whose keys this file is laid upon, in order"}, names, text_item, Style::kOneOrMany);
  declare_body(fields, draft);
  fields.map(
      {"variants", "the same story under other settings: keys that replace those above; ~ removes, key+ appends"},
      names, [&](std::string&, const std::string&) {
        fields.object({}, [&] {
          fields.partial(true);
          std::string base;
          fields.text({"extends", "another variant that this one is laid upon"}, base);
          Draft ignored;
          declare_body(fields, ignored);
          fields.partial(false);
        });
      });
}

}  // namespace simcluster::sim
