// What became of the records that were read, in a sentence for people.
#pragma once

#include <string>

#include "pipeline/view/view.h"

namespace tidemark {

// "of 5 events 4 accepted, 1 duplicate"; "" when every one was accepted.
std::string DescribeRecords(const View& view);

}  // namespace tidemark
