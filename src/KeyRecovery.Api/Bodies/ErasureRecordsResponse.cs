using System.ComponentModel;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;

namespace KeyRecovery.Api.Bodies;

/// <summary>What leaves of the log about erasures are about (docs/protocol.md §23).</summary>
internal sealed record ErasureRecordsResponse
{
    [Description("Of the leaves that are about erasures of the operator's app; the others are left out.")]
    public required IReadOnlyList<ErasureRecordResponse> Records { get; init; }
}

/// <summary>What one of them is about.</summary>
internal sealed record ErasureRecordResponse
{
    [Description("The leaf's hash, base64url.")]
    public required string Leaf { get; init; }

    [Description("The erasure's id, as receipts have it.")]
    public required string Erasure { get; init; }

    [Description("device or operator.")]
    public required string RequestedBy { get; init; }

    [Description("In Unix seconds by the server's clock.")]
    public required ulong RequestedAt { get; init; }

    [Description("Until when it is held, in Unix seconds.")]
    public required ulong DueAt { get; init; }

    [Description("The signed receipt that the leaf commits to, base64url; absent where it is a request's.")]
    public string? Receipt { get; init; }

    public static ErasureRecordResponse Of(Hash256 leaf, ErasureRecord record) => new()
    {
        Leaf = leaf.ToString(),
        Erasure = record.Id.ToString(),
        RequestedBy = record.RequestedBy.ToString().ToLowerInvariant(),
        RequestedAt = record.RequestedAt,
        DueAt = record.DueAt,
        Receipt = record.Receipt.IsEmpty ? null : Base64UrlText.Encode(record.Receipt.Span),
    };
}
