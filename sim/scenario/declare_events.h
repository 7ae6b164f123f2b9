// Declarations of the parts that speak of events: timeline, expectations, story.
#pragma once

#include "sim/scenario/draft.h"

namespace simcluster::sim {

void declare_timeline(Fields& fields, Draft& draft);
void declare_expectations(Fields& fields, Draft& draft);
void declare_story(Fields& fields, reports::StorySettings& story);

}  // namespace simcluster::sim
