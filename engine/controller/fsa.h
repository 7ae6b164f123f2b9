// The machine that runs the tables of fsa_tables.h: an input queue, a pending set of actions, stalls (CM B.3).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "engine/controller/fsa_tables.h"

namespace simcluster::controller {

struct Message;

struct FsaInput {
  Input input = Input::kNull;
  Cause cause = Cause::kFsaInternal;
  std::string_view origin;  // what raised it, for logs; a literal
  ActionSet extra;          // actions besides those of the table
  std::shared_ptr<const Message> message;
};

class FsaClient {
 public:
  // Does one action. May queue inputs, add and remove actions, stall.
  virtual void perform(Action action, const FsaInput& input) = 0;
  // The state has changed, the actions of the change are still pending (CM-2.10).
  virtual void on_state_change(State from, State to, const FsaInput& input) = 0;
  // Fsa::run() should be called soon, but not from inside this call.
  virtual void want_run() = 0;

 protected:
  ~FsaClient() = default;
};

class Fsa {
 public:
  explicit Fsa(FsaClient& client) : client_(client) {}

  // To the tail or the head of the queue. An I_PE_CALC is not queued beside another one (CM-2.4).
  void append(FsaInput input);
  void prepend(FsaInput input);
  // CM-2.9: goes before everything; the interrupted actions continue afterwards.
  void raise(FsaInput input);

  void add(ActionSet actions) { pending_ = pending_ | actions; }
  void remove(ActionSet actions) { pending_ = pending_.without(actions); }
  // From inside perform(): `action` cannot go on now (CM-2.5).
  void stall(Action action);
  // Something changed that a stalled machine may have waited for.
  void trigger();

  // Works until the queue is empty or the machine stalls. Does nothing when called from inside itself.
  void run();

  State state() const { return state_; }
  // Inputs taken off the queue so far.
  std::uint64_t inputs_taken() const { return inputs_taken_; }
  // From then on every state change takes the actions of starting off the pending set (CM-2.2).
  void set_shutting_down() { shutting_down_ = true; }

 private:
  void take_input(FsaInput input);
  void perform_restarts();
  void perform_pending();

  FsaClient& client_;
  State state_ = State::kStarting;
  std::deque<FsaInput> queue_;
  ActionSet pending_;
  FsaInput current_;
  std::uint64_t inputs_taken_ = 0;
  bool running_ = false;
  bool stalled_ = false;
  bool shutting_down_ = false;
};

}  // namespace simcluster::controller
