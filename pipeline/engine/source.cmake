# What belongs to the port itself, so that a source needs nothing else of the engine.
if(NOT TARGET tidemark_source)
  add_library(tidemark_source STATIC ${CMAKE_CURRENT_LIST_DIR}/digest.cc ${CMAKE_CURRENT_LIST_DIR}/letter.cc ${CMAKE_CURRENT_LIST_DIR}/memory_source.cc)
  target_link_libraries(tidemark_source PUBLIC tidemark_options tidemark_base)
endif()
