#include "engine/executor/operation.h"

namespace simcluster::executor {

OperationResult answer_to(const OperationRequest& request, int call_id) {
  OperationResult result;
  result.call_id = call_id;
  result.resource = request.resource;
  result.action = request.action;
  result.interval = request.interval;
  result.timeout = request.timeout;
  result.user_data = request.user_data;
  result.parameters = &request.parameters;
  return result;
}

}  // namespace simcluster::executor
