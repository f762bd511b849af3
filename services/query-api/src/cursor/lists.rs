//! The lists that are read page by page, each with its name and its sort key.

use domain::{CompanyStanding, Standing};

use super::{
    GroupCursor, HoleCursor, InstantCursor, List, NamedInstantCursor, RepositoryCursor, UnitCursor,
};
use crate::resources::audit::Audit;
use crate::resources::coverage::{Coverage, CoverageHoles};
use crate::resources::dead_letter::DeadLetters;
use crate::resources::dispute::Disputes;
use crate::resources::explanation::Explanation;
use crate::resources::groups::Groups;
use crate::resources::jobs::Jobs;
use crate::resources::leaderboard::{CompanyLeaderboard, Leaderboard};
use crate::resources::repositories::Repositories;

impl List for Audit {
    const NAME: &'static str = "audit";
    type Place = NamedInstantCursor;
}

impl List for CompanyLeaderboard {
    const NAME: &'static str = "companies";
    type Place = CompanyStanding;
}

impl List for Coverage {
    const NAME: &'static str = "unit";
    type Place = UnitCursor;
}

impl List for CoverageHoles {
    const NAME: &'static str = "hole";
    type Place = HoleCursor;
}

impl List for DeadLetters {
    const NAME: &'static str = "dead-letters";
    type Place = InstantCursor;
}

impl List for Disputes {
    const NAME: &'static str = "disputes";
    type Place = InstantCursor;
}

impl List for Explanation {
    const NAME: &'static str = "explanation";
    type Place = InstantCursor;
}

impl List for Groups {
    const NAME: &'static str = "group";
    type Place = GroupCursor;
}

impl List for Jobs {
    const NAME: &'static str = "jobs";
    type Place = InstantCursor;
}

impl List for Leaderboard {
    const NAME: &'static str = "board";
    type Place = Standing;
}

impl List for Repositories {
    const NAME: &'static str = "repository";
    type Place = RepositoryCursor;
}
