"""What Heat's engine makes of templates: plans, stacks and resources, refused in Heat's own sentences."""
