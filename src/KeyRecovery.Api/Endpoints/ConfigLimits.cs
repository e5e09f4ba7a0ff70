using System.ComponentModel;

namespace KeyRecovery.Api.Endpoints;

/// <summary>The limits of the format.</summary>
internal sealed record ConfigLimits
{
    [Description("Active devices and slots of an account.")]
    public int Authorities { get; init; } = 32;

    [Description("A name's length, in bytes of UTF-8.")]
    public int NameBytes { get; init; } = 64;

    [Description("Items of an account.")]
    public int Items { get; init; } = 1_024;

    [Description("The longest item that any app may allow, in bytes of ciphertext.")]
    public int ItemBytes { get; init; } = 1_048_576;

    [Description("All of an account's items and their old versions, in bytes.")]
    public int AccountBytes { get; init; } = 16 * 1_048_576;

    [Description("Old versions that are kept of an item.")]
    public int ItemVersions { get; init; } = 10;

    [Description("Days for which an old version is kept.")]
    public int ItemVersionDays { get; init; } = 30;

    [Description("Links of a chain in a day; past it, a link removes as many as it adds.")]
    public int LinksPerDay { get; init; } = 64;

    [Description("Links of a chain; past it, a link removes as many as it adds.")]
    public int Links { get; init; } = 4_096;

    [Description("A commit, in bytes.")]
    public int CommitBytes { get; init; } = 262_144;

    [Description("An item that travels inside a commit, in bytes.")]
    public int InlineItemBytes { get; init; } = 16_384;

    [Description("All items that travel inside one commit, in bytes.")]
    public int InlineItemsBytes { get; init; } = 262_144;

    [Description("How far a signature's time may be from the server's, in seconds.")]
    public int ClockSkewSeconds { get; init; } = 300;
}
