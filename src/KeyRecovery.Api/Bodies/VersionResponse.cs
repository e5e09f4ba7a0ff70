using System.ComponentModel;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>One older version of an item.</summary>
internal sealed record VersionResponse
{
    [Description("The item's version.")]
    public required ulong Version { get; init; }

    [Description("The epoch whose key seals it.")]
    public required ulong Epoch { get; init; }

    [Description("The sealed size, in bytes.")]
    public required long Size { get; init; }

    [Description("SHA-256 of the sealed bytes: GET them by it.")]
    public required string Hash { get; init; }

    [Description("When a newer one took its place, in Unix seconds.")]
    public required ulong ReplacedAt { get; init; }

    [Description("Who signed the commit that brought it; absent where a repair did.")]
    public string? Writer { get; init; }

    [Description("Whether that authority was young then.")]
    public required bool Young { get; init; }

    public static VersionResponse Of(ItemVersion version) => new()
    {
        Version = version.Entry.Version,
        Epoch = version.Entry.Epoch,
        Size = version.Entry.Size,
        Hash = version.Entry.Hash.ToString(),
        ReplacedAt = version.ReplacedAt,
        Writer = version.Writer.Id?.ToString(),
        Young = version.Writer.IsYoung,
    };
}
