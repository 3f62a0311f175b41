"""Problems shown: as text for people, and in the formats that editors, code hosts and CI read."""
