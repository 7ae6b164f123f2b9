// Tickets (S2 chapter 5, S1 chapter 16).
#pragma once

#include <string_view>

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;

// A new ticket is not granted and not standby (S2 T-5.1).
TicketId find_or_create_ticket(Model& model, std::string_view id);

}  // namespace simcluster::scheduler
