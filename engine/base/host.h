// The seam: all that a cluster node may ask of the world. The simulator implements it with its event queue, the daemon
// with epoll, sockets, processes and files. Nothing else in engine/ touches the outside.
//
// Every call returns at once. Answers come later through the client interfaces, one at a time, never from inside the
// call that asked. A client must outlive what it asked for, or cancel it. When a node is reset or crashes, everything
// that it had asked for is forgotten by the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/ids.h"
#include "engine/base/random.h"
#include "engine/base/time.h"
#include "engine/base/trace.h"

namespace simcluster {

class TimerClient {
 public:
  // The timer started with `cookie` is due. It is over: start it again if it should come again.
  virtual void on_timer(std::uint64_t cookie) = 0;

 protected:
  ~TimerClient() = default;
};

// What one ring or link is bound to (M 14.4).
struct LinkConfig {
  IpAddress bind_network;  // interface is chosen by this network or address
  int prefix_length = 32;
  IpAddress multicast;  // unspecified: unicast to `peers`
  std::uint16_t port = 5405;
  std::vector<IpAddress> peers;
  bool hears_itself = true;  // gets a copy of its own multicasts
};

// What the host says about a link's own interface (M 13.1).
enum class LinkState : std::uint8_t {
  kDown,
  kUp,
  kAddressLost,
  kPortTaken,  // another process has the port; opening the link again is another try (M K-18)
};

class LinkClient {
 public:
  // A datagram arrived. `bytes` is borrowed for the call. Its content may be cut, doubled or corrupted.
  virtual void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) = 0;
  virtual void on_link_state(LinkIndex link, LinkState state, const IpAddress& own_address) = 0;
  // An ICMP error came back for what was sent to `to`: nobody listens on the port, or there is no way (M KN-8).
  virtual void on_unreachable(LinkIndex link, const IpAddress& to) {
    static_cast<void>(link);
    static_cast<void>(to);
  }

 protected:
  ~LinkClient() = default;
};

// One action of a resource or fence agent (AT-1.1 to AT-1.3). For fence agents the parameters go to standard input.
struct AgentRequest {
  std::string standard;  // ocf, lsb, systemd, service, stonith
  std::string provider;
  std::string type;
  std::string action;
  std::string instance;                                         // OCF_RESOURCE_INSTANCE
  std::vector<std::pair<std::string, std::string>> parameters;  // without OCF_RESKEY_; meta values as CRM_meta_*
  Duration interval;
  // Signals reach the agent alone, and not what it has started: on-fail=block leaves that to whoever looks (CM-8.11).
  bool spares_children = false;
};

struct AgentResult {
  int exit_code = 0;
  int signal = 0;  // not 0: ended by this signal, exit_code means nothing
  std::string output;
  std::string error_output;
  std::string exit_reason;  // last ocf-exit-reason: line (AT-1.5)
};

class AgentClient {
 public:
  // The process has ended, by itself or killed.
  virtual void on_agent_exit(AgentRunId run, const AgentResult& result) = 0;

 protected:
  ~AgentClient() = default;
};

class PersistClient {
 public:
  // What was given to persist() with `cookie` would now survive a power cut.
  virtual void on_persisted(std::uint64_t cookie) = 0;

 protected:
  ~PersistClient() = default;
};

// What the scheduler's inputs are filed under: pe-input-3.bz2, pe-warn-3.bz2 when it had warnings to give,
// pe-error-3.bz2 when it met errors. Each counts for itself.
enum class InputSeries : std::uint8_t { kInput, kWarning, kError };
inline constexpr std::size_t kInputSeriesCount = 3;

// Keeps what the scheduler was given for each transition, for later questions.
class SchedulerInputs {
 public:
  // The number of the last one of the series that is kept; -1: none. Numbers go on over restarts.
  virtual int last_number(InputSeries series) const = 0;
  // False: the numbers alone are kept, and `xml` may be empty.
  virtual bool wants_text() const { return true; }
  // `xml` is a whole CIB, formatted; its execution-date is the scheduler's time.
  virtual void keep(InputSeries series, int number, std::string xml) = 0;

 protected:
  ~SchedulerInputs() = default;
};

// What throttling looks at (CM-7.13).
struct HostLoad {
  std::int64_t load_average = 0;  // of one minute, in hundredths
  std::int64_t cib_cpu = 0;       // of one core, used by the CIB manager lately, percent
};

// syslog priorities.
enum class LogPriority : std::uint8_t { kEmergency, kAlert, kCritical, kError, kWarning, kNotice, kInfo, kDebug };

class NodeLinks;

class Host {
 public:
  virtual ~Host() = default;

  virtual Time now() const = 0;
  // Seconds and nanoseconds since the node was switched on; never jumps.
  virtual Duration uptime() const = 0;

  // Calls client.on_timer(cookie) once, `delay` from now (0 or less: as soon as possible, after what is due already).
  virtual TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) = 0;
  // Puts off a timer that is still to come: it comes `delay` from now, which must not be earlier than it would have
  // come. Much cheaper than starting another. False when the timer is over, or the host knows no such thing: nothing
  // happened.
  virtual bool postpone_timer(TimerId timer, Duration delay) {
    static_cast<void>(timer);
    static_cast<void>(delay);
    return false;
  }
  // Safe for timers that are over or none.
  virtual void cancel_timer(TimerId timer) = 0;

  // Binds a link. Its state is reported through the client. Opening an open link binds it anew.
  virtual void open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) = 0;
  virtual void close_link(LinkIndex link) = 0;
  // Sends to every node of the link, the sender included (multicast loop) if it wants to hear itself, or to all peers.
  virtual void send_all(LinkIndex link, std::span<const std::byte> bytes) = 0;
  virtual void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes) = 0;
  // How many datagrams have arrived on open links and are still to be given to their clients, as far as the host knows:
  // at least one when there are any.
  virtual std::size_t waiting_datagrams() const { return 0; }

  // Links that the host keeps itself (node_links.h), for transports of Corosync 3; nullptr: the engine makes its own
  // out of datagrams. The host's own; lives as long as the host.
  virtual NodeLinks* node_links() { return nullptr; }

  // Starts an agent in a process group of its own.
  virtual AgentRunId run_agent(const AgentRequest& request, AgentClient& client) = 0;
  // Sends `signal` to the run's process group, or to the agent alone (AgentRequest::spares_children); the exit is
  // reported as ever.
  virtual void signal_agent(AgentRunId run, int signal) = 0;

  // Replaces what is stored under `key`, atomically.
  virtual void persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) = 0;
  // What was durable under `key` when the node started, or was persisted since.
  virtual std::optional<std::string> load(std::string_view key) const = 0;

  virtual HostLoad load() const { return {}; }

  // nullptr: nobody wants them. The host's own; lives as long as the host.
  virtual SchedulerInputs* scheduler_inputs() { return nullptr; }

  // The random stream of this node for `purpose`. Keep the reference: looking it up costs a hash.
  virtual Random& random(std::string_view purpose) = 0;

  // Resets the machine at once, without unmounting anything. Does not come back to this node object: the host destroys
  // it after the call that led here has returned.
  virtual void reset_node(std::string_view reason) = 0;
  // The cluster software on this node has ended (clean stop or fatal error). The machine stays up.
  virtual void exit_node(int exit_code, std::string_view reason) = 0;

  // A log line of `daemon` ("crmd", "corosync", ...), in the words of the profile's version.
  virtual void log(LogPriority priority, std::string_view daemon, std::string_view text) = 0;
  // False when nobody listens to this kind: then do not build the fields.
  virtual bool tracing(TraceKind kind) const = 0;
  virtual void trace(TraceKind kind, std::span<const TraceField> fields) = 0;
  void trace(TraceKind kind, std::initializer_list<TraceField> fields) {
    trace(kind, std::span<const TraceField>(fields.begin(), fields.size()));
  }
};

}  // namespace simcluster
