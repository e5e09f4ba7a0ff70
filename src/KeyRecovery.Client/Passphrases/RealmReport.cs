namespace KeyRecovery;

/// <summary>A realm that was of no use, told beside what worked without it.</summary>
/// <param name="Realm">What people call it.</param>
/// <param name="Fault">How it lied; <see cref="RealmFault.None"/> where it could not be had.</param>
/// <param name="Reason">One sentence for a person.</param>
public sealed record RealmReport(string Realm, RealmFault Fault, string Reason);
