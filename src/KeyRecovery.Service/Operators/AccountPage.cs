using System.Collections.Immutable;

namespace KeyRecovery.Service.Operators;

/// <summary>A page of an app's accounts.</summary>
/// <param name="Accounts">How each stands.</param>
/// <param name="Next">Where the next page begins: sealed, and of this app alone; null where this is the last.</param>
public sealed record AccountPage(ImmutableArray<AccountReport> Accounts, string? Next);
