// Service synchronisation after each regular configuration (M 8): services of all members are brought into a common
// state one after another, each step ended by a barrier.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/membership/processor.h"
#include "engine/membership/srp.h"

namespace simcluster::membership {

class SyncService {
 public:
  virtual ~SyncService() = default;
  virtual std::int32_t service_id() const = 0;
  virtual std::string_view service_name() const = 0;

  // `transitional`: the members that have been together since the last completed synchronisation (SY-3).
  virtual void sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring& ring) = 0;
  // Sends what the others need. False: call again at the next token (SY-5).
  virtual bool sync_process() = 0;
  // Everybody has sent everything.
  virtual void sync_activate() = 0;
  virtual void sync_abort() {}
};

class SyncClient {
 public:
  virtual bool send_sync(std::span<const std::byte> message) = 0;
  // SY-7.
  virtual void on_sync_complete() = 0;
  // A token visit is wanted (SY-5): a held token must move.
  virtual void want_token() = 0;

 protected:
  ~SyncClient() = default;
};

class Sync {
 public:
  // `services` by ascending id; they must outlive this.
  Sync(std::vector<SyncService*> services, const Profile& profile, Host& host, const Codec& codec, SyncClient& client,
       bool debug);

  void save_transitional(const ProcessorList& transitional);
  void start(const ProcessorList& members, const Ring& ring);
  void abort();
  bool running() const { return phase_ != Phase::kIdle; }
  // The ring whose synchronisation runs or was completed last.
  void on_message(const Processor& from, std::span<const std::byte> message);
  // The "token sent"-time callback.
  void on_token_sent() {
    if (running()) go_on();
  }

 private:
  enum class Phase : std::uint8_t { kIdle, kBuild, kProcess, kBarrier };
  struct Entry {
    std::int32_t id = 0;
    SyncService* service = nullptr;  // null: only others have it
  };

  void go_on();
  void send_build();
  void send_barrier();
  void receive_build(const Processor& from, std::span<const std::byte> body);
  void next_service();
  void mark(const Processor& from);
  bool all_marked() const;
  void clear_marks() { marks_.assign(members_.size(), false); }
  bool same_ring(std::span<const std::byte> body) const;

  std::vector<SyncService*> services_;
  const Profile& profile_;
  Host& host_;
  const Codec& codec_;
  SyncClient& client_;
  bool debug_;

  Phase phase_ = Phase::kIdle;
  bool unsent_ = false;  // the message of this phase found no room yet
  bool have_transitional_ = false;
  ProcessorList transitional_;
  ProcessorList members_;
  std::vector<bool> marks_;
  Ring ring_;
  std::vector<Entry> plan_;
  std::size_t current_ = 0;
};

}  // namespace simcluster::membership
