"""Names that the page gives to fields and reasons, in English and in Japanese."""

ASSUMPTIONS = {
    "accuracy_gain_points": ("measured accuracy gain", "正解率の向上（実測）"),
    "decisions_per_year": ("decisions a year", "年間の判定件数"),
    "error_handling_minutes": ("minutes to mend one error", "誤り1件の手直し時間（分）"),
    "error_handling_usd_per_hour": ("wage for mending errors, $/h", "手直しの人件費（ドル／時）"),
    "running_cost_usd_per_year": ("extra running cost a year, $", "追加の年間運用費（ドル）"),
    "engineer_hours": ("engineering hours, once", "開発の作業時間（初回のみ）"),
    "engineer_usd_per_hour": ("cost of an engineer, $/h", "開発の人件費（ドル／時）"),
    "compute_hours": ("compute hours, once", "計算機の使用時間（初回のみ）"),
    "compute_usd_per_hour": ("price of compute, $/h", "計算機の単価（ドル／時）"),
    "labels_avoided_images": ("images not labelled by hand", "手作業のラベル付けを省いた画像数"),
    "cost_per_label_usd": ("one label by hand, $", "手作業ラベルの単価（ドル）"),
    "horizon_years": ("years in use", "利用年数"),
    "discount_rate": ("discount rate a year", "割引率（年）"),
    "yen_per_usd": ("yen for one dollar", "為替レート（円／ドル）"),
}
"""For each field of `Assumptions`, and for the measured gain, its name in both languages."""

REASONS_JA = {
    "missing_image": "画像なし",
    "broken_image": "画像ファイルの破損",
    "small_image": "小さすぎる画像",
    "large_image": "大きすぎる画像",
    "elongated_image": "極端に細長い画像",
    "empty_caption": "説明文なし",
    "short_caption": "短すぎる説明文",
    "unknown_language": "対象外の言語",
    "forbidden_licence": "許可されないライセンス",
    "repeated_id": "識別子の重複",
    "evaluation_copy": "評価用画像の写し",
    "exact_duplicate": "完全に同じ画像",
    "near_duplicate": "ほぼ同じ画像",
}
"""Known reasons for quarantine in Japanese; a reason not listed keeps its own name."""

DUTIES = {
    "attribution": ("name the author", "作者の表示"),
    "share_alike": ("share alike", "同一条件での公開（継承）"),
    "notice": ("keep the licence notice", "著作権・許諾表示の保持"),
    "non_commercial": ("no commercial use", "商用利用の禁止"),
    "no_derivatives": ("no derivatives", "改変の禁止"),
    "unknown": ("licence not recognised", "ライセンスを判別できず"),
}
"""What a licence asks, in both languages."""
