#include "sim/kernel/kernel.h"

#include "engine/base/assert.h"
#include "sim/kernel/agent_runner.h"

namespace simcluster::sim {

Kernel::Kernel(const MachineContext& context, KernelServices& services)
    : context_(context),
      services_(services),
      net_(context, sysctls_),
      mounts_(context_),
      proc_net_dev_(net_, context.profile.proc_net_dev_shared_position, context.profile.old_address_listing),
      agents_(std::make_unique<AgentRunner>(*this)) {}

Kernel::~Kernel() { halt(); }

void Kernel::boot() {
  SIMCLUSTER_ASSERT(!running_);
  running_ = true;
  booted_ = context_.queue.now();
  files_.clear_temporary();
  sysctls_ = boot_sysctls_;
  net_.power_on();
}

void Kernel::halt() {
  if (!running_) return;
  running_ = false;
  frozen_ = false;
  agents_->halt();
  processes_.clear();
  net_.power_off();
  mounts_.clear();
  sysctls_.clear();
}

void Kernel::freeze() {
  if (!running_) return;
  frozen_ = true;
  net_.freeze();
}

void Kernel::thaw() {
  if (!frozen_) return;
  frozen_ = false;
  net_.thaw();
  agents_->thaw();
}

}  // namespace simcluster::sim
