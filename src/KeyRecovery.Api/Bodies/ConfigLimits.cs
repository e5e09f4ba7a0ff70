using System.ComponentModel;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Linking;

namespace KeyRecovery.Api.Bodies;

/// <summary>The table of <see cref="Limits"/>, as far as a client meets it.</summary>
internal sealed record ConfigLimits
{
    [Description("Active devices and slots of an account.")]
    public int Authorities { get; init; } = Limits.Authorities;

    [Description("A name of an item or a device, in bytes of UTF-8.")]
    public int NameBytes { get; init; } = Limits.NameBytes;

    [Description("Items of an account.")]
    public int Items { get; init; } = Limits.Items;

    [Description("The content of one item, in bytes, that any app may allow; the policy says what this one does.")]
    public int ItemBytes { get; init; } = Limits.MaxItemBytes;

    [Description("All sealed items of an account together, in bytes.")]
    public long AccountBytes { get; init; } = Limits.AccountBytes;

    [Description("Old versions that are kept of an item.")]
    public int OldVersions { get; init; } = Limits.OldVersions;

    [Description("Days for which an old version is kept.")]
    public int OldVersionDays { get; init; } = Limits.OldVersionDays;

    [Description("Links of a chain in a day (UTC); past it, a link removes as many as it adds.")]
    public int LinksPerDay { get; init; } = Limits.LinksPerDay;

    [Description("Links of a chain; past it, a link removes as many as it adds.")]
    public int Links { get; init; } = Limits.Links;

    [Description("Link, keyset and manifest of a commit together, in bytes.")]
    public int CommitBytes { get; init; } = Limits.CommitBytes;

    [Description("The content of an item that may travel inside a commit, in bytes.")]
    public int InlineItemBytes { get; init; } = Limits.InlineItemBytes;

    [Description("All sealed items inside one commit, in bytes.")]
    public int InlineItemsBytes { get; init; } = Limits.InlineItemsBytes;

    [Description("Items stored ahead of their commit.")]
    public int StagedItems { get; init; } = Limits.StagedItems;

    [Description("Sealed bytes stored ahead of their commit.")]
    public long StagedBytes { get; init; } = Limits.StagedBytes;

    [Description("Hours for which a staged item waits for its commit.")]
    public int StagedHours { get; init; } = Limits.StagedHours;

    [Description("The public parameters of a slot, in bytes.")]
    public int ParameterBytes { get; init; } = Limits.ParameterBytes;

    [Description("A signed link, in bytes.")]
    public int SignedLinkBytes { get; init; } = Limits.SignedLinkBytes;

    [Description("A repair, in bytes.")]
    public int RepairBytes { get; init; } = Limits.RepairBytes;

    [Description("A message of a link session, in bytes.")]
    public int LinkMessageBytes { get; init; } = LinkLimits.MessageBytes;

    [Description("Messages of one side of a link session.")]
    public int LinkMessages { get; init; } = LinkRelayLimits.MessagesPerSide;

    [Description("The app's bundle that a link session hands over, in bytes.")]
    public int LinkBundleBytes { get; init; } = LinkLimits.BundleBytes;

    [Description("Link sessions of an account at once.")]
    public int LinkSessions { get; init; } = LinkRelayLimits.SessionsPerAccount;

    [Description("How long a link session waits for its claim, in seconds.")]
    public int LinkUnclaimedSeconds { get; init; } = (int)LinkRelayLimits.UnclaimedLife.TotalSeconds;

    [Description("How long a link session goes on after its claim, in seconds.")]
    public int LinkClaimedSeconds { get; init; } = (int)LinkRelayLimits.ClaimedLife.TotalSeconds;

    [Description("The longest wait for a message of a link session, in milliseconds.")]
    public int LinkWaitMs { get; init; } = (int)LinkRelayLimits.MaxWait.TotalMilliseconds;

    [Description("Realms of a passphrase slot.")]
    public int Realms { get; init; } = RealmLimits.Realms;

    [Description("Passphrase slots of one account at this server as a realm.")]
    public int RealmSlots { get; init; } = RealmLimits.SlotsOfAccount;

    [Description("Hours for which a slot at a realm waits to be seen in its account's chain.")]
    public int RealmFreshHours { get; init; } = RealmLimits.FreshHours;

    [Description("How far a signature's time may be from the server's, in seconds.")]
    public int ClockSkewSeconds { get; init; }
}
