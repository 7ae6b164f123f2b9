// A resource may not be started, nor what waits for its stop go on, before its probes are done (S5 G.4).
#pragma once

namespace simcluster::scheduler {

struct Model;

void order_probes(Model& model);

}  // namespace simcluster::scheduler
