"""Who fell behind, who recovered: told once."""
