//! Reduction of a failing run to the shortest one that still fails.

use crate::plan::Plan;
use crate::sabotage::Sabotage;
use crate::trial;
use crate::verdict::Failure;

/// The number of orders of events tried for each shorter run: leaving out a step also changes what
/// the seed draws.
const SCHEDULES: u64 = 4;

/// Removes steps, in ever smaller parts, as long as the remaining ones still fail.
pub fn shrink(plan: &Plan, failure: Failure, sabotage: Option<Sabotage>) -> (Plan, Failure) {
    let mut shortest = (plan.clone(), failure);
    let mut part = plan.steps.len().div_ceil(2);
    while part > 0 {
        let mut from = 0;
        while from < shortest.0.steps.len() {
            let mut shorter = shortest.0.clone();
            let to = shorter.steps.len().min(from + part);
            shorter.steps.drain(from..to);
            match fails(&shorter, sabotage) {
                Some(found) => shortest = found,
                None => from += part,
            }
        }
        part /= 2;
    }
    let mut calm = shortest.0.clone();
    calm.unrest = 0;
    fails(&calm, sabotage).unwrap_or(shortest)
}

fn fails(plan: &Plan, sabotage: Option<Sabotage>) -> Option<(Plan, Failure)> {
    (0..SCHEDULES).find_map(|n| {
        let plan = Plan { seed: plan.seed.wrapping_add(n), ..plan.clone() };
        let failure = trial::run(&plan, sabotage).err()?;
        Some((plan, failure))
    })
}
