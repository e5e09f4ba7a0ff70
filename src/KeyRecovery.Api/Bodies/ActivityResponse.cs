using System.ComponentModel;
using System.Text;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>What was done to an account, with what proves it (docs/protocol.md §17.1).</summary>
internal sealed record ActivityResponse
{
    [Description("The log's published checkpoint, a signed note; absent where the server keeps no log.")]
    public string? Checkpoint { get; init; }

    [Description("That its tree goes on from the one of the size that was asked with: hashes, base64url.")]
    public required IReadOnlyList<string> Consistency { get; init; }

    [Description("The newest first, with no number left out.")]
    public required IReadOnlyList<ActivityEntryResponse> Entries { get; init; }

    [Description("Now, in Unix seconds by the server's clock.")]
    public required ulong ServerTime { get; init; }

    public static ActivityResponse Of(ActivityView view, ulong now) => new()
    {
        Checkpoint = view.Checkpoint is { } note ? Encoding.UTF8.GetString(note.Span) : null,
        Consistency = [.. view.Consistency.Select(hash => hash.ToString())],
        Entries = [.. view.Entries.Select(ActivityEntryResponse.Of)],
        ServerTime = now,
    };
}

/// <summary>One change of the account.</summary>
internal sealed record ActivityEntryResponse
{
    [Description("Its number in the account's activity, from 0.")]
    public required ulong Number { get; init; }

    [Description("What was done, by whom, from where: an audit detail (docs/protocol.md §17), base64url.")]
    public required string Detail { get; init; }

    [Description("With which salt the leaf commits to it, base64url.")]
    public required string Salt { get; init; }

    [Description("The leaf's number in the log; absent while it waits.")]
    public ulong? Index { get; init; }

    [Description("That the leaf is in the checkpoint's tree: hashes, base64url; absent where it is not published yet.")]
    public IReadOnlyList<string>? Proof { get; init; }

    public static ActivityEntryResponse Of(ActivityInfo info) => new()
    {
        Number = info.Number,
        Detail = Base64UrlText.Encode(info.Detail.Span),
        Salt = info.Salt.ToString(),
        Index = info.Index,
        Proof = info.Proof is { } proof ? [.. proof.Select(hash => hash.ToString())] : null,
    };
}
