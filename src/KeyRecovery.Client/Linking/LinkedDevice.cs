namespace KeyRecovery;

/// <summary>A device that was linked: it is in the account and has the app's bundle.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Platform">What it said it is.</param>
public sealed record LinkedDevice(AuthorityId Id, string Name, string Platform);
