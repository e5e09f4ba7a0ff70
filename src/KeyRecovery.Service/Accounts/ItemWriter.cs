namespace KeyRecovery.Service.Accounts;

/// <summary>Who did something to an item.</summary>
/// <param name="Id">Who signed the commit, with a link the link's signer; null where a repair did it.</param>
/// <param name="IsYoung">Whether that authority was young then.</param>
public readonly record struct ItemWriter(AuthorityId? Id, bool IsYoung);
