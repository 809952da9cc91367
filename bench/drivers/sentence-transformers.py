"""sentence-transformers on PyTorch, as its manual shows. Variant: f32 or bf16 (the whole model in bfloat16)."""

import torch
from sentence_transformers import SentenceTransformer


class load:
    groupings = [{"batch": 1}, {"batch": 8}, {"batch": 32}]

    def __init__(self, model_dir, peers_dir, threads, variant):
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        dtype = torch.bfloat16 if variant == "bf16" else torch.float32
        self.model = SentenceTransformer(model_dir, device="cpu", model_kwargs={"dtype": dtype})
        self.encoder = self.model[0].auto_model

    def encode(self, texts, grouping):
        rows = self.model.encode(texts, batch_size=grouping["batch"], normalize_embeddings=True, show_progress_bar=False,
                                 convert_to_tensor=True)
        return rows.float().numpy()

    def encode_ids(self, ids):
        with torch.inference_mode():
            tokens = torch.tensor([ids])
            hidden = self.encoder(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state
            return torch.nn.functional.normalize(hidden.float().mean(1), dim=1).numpy()
