"""What a kind reads of a definition: all that only definitions of this kind have, and the parameters.

What definitions of all kinds have in common is read by :mod:`builder.definitions.building`, which is handed a reader
for each kind: :class:`~builder.kinds.protocol.Kind` is one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.hot_lint.sources import Files
from builder.parameters.declarations import Parameter
from builder.text.pointers import Tokens
from builder.yaml_documents.documents import Document


@dataclass(frozen=True, slots=True)
class KindPart:
    """What a kind makes of its part of a definition, and what is wrong with that.

    ``parameters`` are those that people are asked for, in form order; None where so much is wrong that nobody can tell.
    ``optional_components`` are what people may select, with the place of each in the definition, and
    ``needs_selection`` tells whether at least one must be. ``groups`` are those of a definition without
    ``parameter_groups``, in their shape. ``content`` is for the kind alone: nobody else looks into it. ``documents``
    are the files besides the definition that it consists of.
    """

    problems: tuple[Problem, ...]
    parameters: Mapping[str, Parameter] | None = None
    optional_components: Mapping[str, Tokens] = field(default_factory=dict)
    needs_selection: bool = False
    groups: Sequence[Mapping[str, Any]] = ()
    content: object = None
    documents: tuple[Document, ...] = ()


class KindReader(Protocol):
    """How definitions of one kind are read. Pure: what must be read besides the definition is asked of its files."""

    @property
    def lists(self) -> Collection[str]:
        """The keys of this kind with lists whose valid items are read even if others break the schema."""

    def read(
        self, cluster_type_id: ClusterTypeId, document: Document, definition: Mapping[str, Any], files: Files
    ) -> KindPart:
        """Read the kind's part of a definition.

        ``definition`` holds the keys of the document that the schema accepts, required ones perhaps not among them. Of
        ``lists`` it also holds those in which some items break the schema: such an item is None.
        """
