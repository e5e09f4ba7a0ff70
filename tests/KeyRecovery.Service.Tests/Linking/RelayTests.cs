using KeyRecovery.Service.Tests.Support;

namespace KeyRecovery.Service.Tests.Linking;

/// <summary>The contract over the relay of one process.</summary>
public sealed class RelayTests : LinkRelayContract<LocalRelay>;

/// <summary>The contract over the relay of several, on SQLite.</summary>
public sealed class StoreRelayTests : LinkRelayContract<StoreRelay>;

/// <summary>The contract over the relay of several, on a store that goes step by step.</summary>
public sealed class StepwiseRelayTests : LinkRelayContract<StepwiseRelay>;
