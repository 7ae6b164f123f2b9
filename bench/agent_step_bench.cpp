// What a step of a coroutine agent costs: suspend, hand the question to the backend, answer, resume. No allocation.
#include <cstdint>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/agents/ipaddr2.h"
#include "engine/agents/process.h"
#include "engine/base/assert.h"

namespace simcluster::agents {
namespace {

// Keeps the one open question until answer() is called. Every command succeeds; /proc/net/dev has three devices.
class StoredQuestion final : public SystemBackend {
 public:
  StoredQuestion() {
    address_.interface_index = 2;
    address_.device = "bond0";
    address_.address = IpAddress::v4(0xc0a804c8);
    address_.prefix_length = 24;
    route_.destination = IpAddress::v4(0xc0a80400);
    route_.prefix_length = 24;
    route_.device = "bond0";
    route_.source = address_.address;
  }

  // Answers the open question, if there is one.
  bool answer() {
    if (!open_) return false;
    ++steps_;
    open_ = false;
    answer_(*this);
    return true;
  }
  std::int64_t steps() const { return steps_; }

  void forget(PendingReply&) override { open_ = false; }
  Time now() const override { return {}; }
  std::int32_t pid() const override { return 1000; }
  void close_file(FileHandle) override {}
  void open_file(std::string_view, Reply<OpenResult>& reply) override {
    line_ = 0;
    store(reply, {FileHandle(1), FileError::kNone});
  }
  void read_piece(FileHandle, Reply<Piece>& reply) override {
    static constexpr std::string_view kLines[] = {"Inter-|\n", " face |\n", "    lo: 1\n", "  eth0: 1\n",
                                                  " bond0: 1\n"};
    const bool end = line_ >= std::size(kLines);
    store(reply, {end ? std::string_view{} : kLines[line_], end});
    ++line_;
  }
  void write_file(std::string_view, std::string_view, Reply<FileError>& reply) override { store(reply, {}); }
  void remove_file(std::string_view, Reply<FileError>& reply) override { store(reply, {}); }
  void file_exists(std::string_view, Reply<bool>& reply) override { store(reply, true); }
  void make_directory(std::string_view, Reply<FileError>& reply) override { store(reply, {}); }
  void list_addresses(IpAddress::Family, Reply<AddressListing>& reply) override { store(reply, {{}, {&address_, 1}}); }
  void add_address(const AddressSpec&, Reply<CommandResult>& reply) override { store(reply, {}); }
  void delete_address(const AddressSpec&, Reply<CommandResult>& reply) override { store(reply, {}); }
  void show_link(std::string_view, Reply<LinkListing>& reply) override { store(reply, {}); }
  void set_link_up(std::string_view, Reply<CommandResult>& reply) override { store(reply, {}); }
  void list_routes(const RouteQuery&, Reply<RouteListing>& reply) override { store(reply, {{}, {&route_, 1}}); }
  void flush_route_cache(Reply<CommandResult>& reply) override { store(reply, {}); }
  void update_attribute(const AttributeUpdate&, Reply<CommandResult>& reply) override { store(reply, {}); }
  void log(LogPriority, std::string_view, std::string_view, Reply<Done>& reply) override { store(reply, {}); }
  void execute(std::string_view, Reply<CommandResult>& reply) override { store(reply, {}); }
  void interface_exists(std::string_view, Reply<bool>& reply) override { store(reply, true); }
  void read_route_table(Reply<RouteListing>& reply) override { store(reply, {{}, {&route_, 1}}); }
  void announce_address(std::string_view, IpAddress, ArpKind, Reply<Done>& reply) override { store(reply, {}); }
  void probe_address(std::string_view, IpAddress, Duration, Reply<bool>& reply) override { store(reply, false); }
  void echo_request(std::string_view, std::int64_t, Duration, Reply<EchoReply>& reply) override { store(reply, {}); }
  void sleep(Duration, Reply<Done>& reply) override { store(reply, {}); }
  void spawn(const BackgroundProgram&, Reply<std::int32_t>& reply) override { store(reply, 1001); }
  void kill_process(std::int32_t, int, Reply<bool>& reply) override { store(reply, false); }

 private:
  template <class T>
  struct Stored {
    static inline T value;
  };

  template <class T>
  void store(Reply<T>& reply, T value) {
    Stored<T>::value = std::move(value);
    pending_ = &reply;
    answer_ = [](StoredQuestion& self) { static_cast<Reply<T>*>(self.pending_)->complete(Stored<T>::value); };
    open_ = true;
  }

  AddressEntry address_;
  RouteEntry route_;
  std::size_t line_ = 0;
  PendingReply* pending_ = nullptr;
  void (*answer_)(StoredQuestion&) = nullptr;
  bool open_ = false;
  std::int64_t steps_ = 0;
};

class NoListener final : public ProcessListener {
  void on_process_exit(AgentProcess&, int exit_code) override { SIMCLUSTER_ASSERT(exit_code == 0); }
};

Task<int> sleeps_for_ever(System& system) {
  for (;;) co_await system.sleep(seconds(1));
}

Task<> one_sleep(System& system) { co_await system.sleep(seconds(1)); }

Task<int> calls_a_task_for_each_step(System& system) {
  for (;;) co_await one_sleep(system);
}

void run_steps(benchmark::State& state, Program program) {
  StoredQuestion backend;
  NoListener listener;
  AgentProcess process(program, std::make_shared<const Environment>(), backend, listener);
  process.start();
  for (auto _ : state) backend.answer();
  state.SetItemsProcessed(state.iterations());
}

void BM_Step(benchmark::State& state) { run_steps(state, sleeps_for_ever); }
BENCHMARK(BM_Step);

void BM_StepInATaskOfItsOwn(benchmark::State& state) { run_steps(state, calls_a_task_for_each_step); }
BENCHMARK(BM_StepInATaskOfItsOwn);

// A whole recurring monitor of generation 2 that finds its address: start of the process to exit code 0.
void BM_Ipaddr2Monitor(benchmark::State& state) {
  const auto environment = std::make_shared<Environment>();
  environment->standard = "ocf";
  environment->provider = "heartbeat";
  environment->type = "IPaddr2";
  environment->instance = "vip01";
  environment->action = "monitor";
  environment->interval = seconds(10);
  environment->parameters = {{"ip", "192.168.4.200"}, {"nic", "bond0"}, {"cidr_netmask", "24"}};
  environment->profile.ipaddr2_reads_proc_net_dev = true;
  StoredQuestion backend;
  NoListener listener;
  for (auto _ : state) {
    AgentProcess process(ipaddr2, environment, backend, listener);
    process.start();
    while (backend.answer()) {
    }
  }
  state.SetItemsProcessed(backend.steps());
}
BENCHMARK(BM_Ipaddr2Monitor);

}  // namespace
}  // namespace simcluster::agents

BENCHMARK_MAIN();
