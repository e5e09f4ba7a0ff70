using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.UseCases;

/// <summary>One user's account that is to be another user's.</summary>
/// <param name="From">Whose it is.</param>
/// <param name="To">Whose it is to be; of the same app.</param>
public sealed record MoveLine(AppUser From, AppUser To);
