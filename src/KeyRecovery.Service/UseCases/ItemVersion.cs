using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.UseCases;

/// <summary>One older version of an item that is still kept.</summary>
/// <param name="Entry">As its manifest named it.</param>
/// <param name="ReplacedAt">When a newer one took its place, in seconds since 1970.</param>
/// <param name="Writer">Who wrote it.</param>
public sealed record ItemVersion(ManifestItem Entry, ulong ReplacedAt, ItemWriter Writer);
