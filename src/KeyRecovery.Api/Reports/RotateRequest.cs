namespace KeyRecovery.Api.Reports;

/// <summary>Asks for a rotation.</summary>
/// <param name="Verb"><c>rotate</c>.</param>
/// <param name="Root">Whether the root key is meant, and not the KEK.</param>
internal sealed record RotateRequest(string Verb, bool Root = false);
